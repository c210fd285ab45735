import assert from "node:assert/strict";
import { test } from "node:test";
import { containsIp, parseCidr } from "../base/cidr.ts";
import { EngineError } from "../base/errors.ts";
import { ipOf } from "../base/ip.ts";
import { encryptedOverlayMtu, tunnelAddress, tunnelMtu, tunnelPrefix } from "./tunnel.ts";

test("tunnelPrefix() and tunnelAddress() follow from the ids alone, and differ with them", () => {
  assert.match(tunnelPrefix("a"), /^fd[0-9a-f:]+::\/64$/);
  assert.equal(tunnelPrefix("a"), tunnelPrefix("a"));
  const all = [tunnelAddress("a", "h1"), tunnelAddress("a", "h2"), tunnelAddress("b", "h1")];
  assert.equal(new Set([...all, tunnelAddress("a", "h1")]).size, 3);
});

test("tunnelAddress() is in the cluster's prefix", () => {
  const prefix = parseCidr(tunnelPrefix("a"));
  assert.ok(prefix);
  for (const host of ["h1", "h2", ""]) assert.ok(containsIp(prefix, ipOf(tunnelAddress("a", host))));
});

test("tunnelMtu() and encryptedOverlayMtu() take off the headers of WireGuard and VXLAN", () => {
  assert.deepEqual(
    [1500, 9000, 1420].map((mtu) => [
      tunnelMtu(mtu, 4),
      tunnelMtu(mtu, 6),
      encryptedOverlayMtu(mtu, 4),
      encryptedOverlayMtu(mtu, 6),
    ]),
    [
      [1440, 1420, 1370, 1350],
      [8940, 8920, 8870, 8850],
      [1360, 1340, 1290, 1270],
    ],
  );
});

test("tunnelMtu() refuses an underlay that leaves less than IPv6 takes", () => {
  assert.equal(tunnelMtu(1340, 4), 1280);
  assert.throws(
    () => tunnelMtu(1339, 4),
    (error) => error instanceof EngineError && /1340 bytes or more/.test(error.message),
  );
  assert.throws(() => encryptedOverlayMtu(1340, 6), /1360 bytes or more; it has 1340/);
});
