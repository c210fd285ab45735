import assert from "node:assert/strict";
import { test } from "node:test";
import { plainConfig } from "../../testing/plain.ts";
import { givenConfigJson, givenFields, givenHostConfigJson } from "./given-fields.ts";

test("LIFE-20 what a client sent and nothing carries out comes back in inspect", () => {
  const config = { StopSignal: "SIGINT", StopTimeout: 3, Shell: ["/bin/ash", "-c"] };
  const hostConfig = {
    ...{ ContainerIDFile: "/tmp/id", ConsoleSize: [24, 80], Annotations: { a: "b" }, Isolation: "default" },
    ...{ CpuCount: 2, Links: ["db:data", "/web"], Tmpfs: { "/t": "rw,size=1m" } },
  };
  const given = { ...plainConfig, ...givenFields({ ...config, Cmd: ["x"], HostConfig: { ...hostConfig, Memory: 5 } }) };
  assert.deepEqual(givenConfigJson(given), config);
  assert.deepEqual(givenHostConfigJson(given), {
    ...hostConfig,
    ...{ Cgroup: "", CpuPercent: 0 },
    ...{ IOMaximumIOps: 0, IOMaximumBandwidth: 0 },
    ...{ KernelMemory: undefined, KernelMemoryTCP: undefined },
  });
});

test("LIFE-20 what was not sent is shown as Docker shows it", () => {
  const nothing = { StopSignal: "", HostConfig: { ConsoleSize: [0, 0], Links: null, Tmpfs: {} } };
  assert.deepEqual(givenFields(nothing), {});
  const { ConsoleSize, Links } = givenHostConfigJson(plainConfig);
  assert.deepEqual([givenConfigJson(plainConfig), ConsoleSize, Links], [{}, [0, 0], null]);
});
