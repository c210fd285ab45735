import assert from "node:assert/strict";
import { test } from "node:test";
import { privilegedDevices } from "./devices.ts";
import { grantedDevices } from "./granted-devices.ts";

const everywhere = ["null", "zero", "full", "random", "urandom", "tty"];

test("grantedDevices() of /dev gives what a container has at /dev anyway, too, and no terminals", () => {
  const { nodes, rules } = grantedDevices([{ pathOnHost: "/dev", pathInContainer: "/hostdev", permissions: "r" }]);
  const paths = nodes.map(({ path }) => path);
  for (const name of everywhere) assert.ok(paths.includes(`/hostdev/${name}`), name);
  assert.deepEqual(
    paths.filter((path) => /^\/hostdev\/(pts|shm|mqueue|fd|console)\b/.test(path)),
    [],
  );
  const zero = { allow: true, type: "c", major: 1, minor: 5, access: "r" };
  assert.deepEqual(
    rules.find(({ major, minor }) => major === 1 && minor === 5),
    zero,
  );
});

test("privilegedDevices() leaves out what runc makes itself", () => {
  const paths = privilegedDevices().map(({ path }) => path);
  assert.deepEqual(
    everywhere.filter((name) => paths.includes(`/dev/${name}`)),
    [],
  );
});

test("grantedDevices() refuses a directory without devices", () => {
  const grant = { pathOnHost: "/etc", pathInContainer: "/etc", permissions: "r" };
  assert.throws(() => grantedDevices([grant]), /"\/etc": not a device node/);
});
