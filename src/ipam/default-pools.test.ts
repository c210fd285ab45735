import assert from "node:assert/strict";
import { test } from "node:test";
import { cidrOf, containsCidr, overlaps, sizeOf } from "../base/cidr.ts";
import { completePools, defaultIpv4Pools, parseDefaultPool, ulaPool } from "./default-pools.ts";

test("defaultIpv4Pools give 3,841 networks, none twice", () => {
  const networks = defaultIpv4Pools.map(({ base, size }) => 2 ** (size - cidrOf(base).prefixLength));
  assert.equal(
    networks.reduce((sum, count) => sum + count),
    3841,
  );
  const blocks = defaultIpv4Pools.map(({ base }) => cidrOf(base));
  assert.ok(blocks.every((left) => blocks.every((right) => left === right || !overlaps(left, right))));
});

test("ulaPool() is one /48 of fd00::/8 for each daemon, the same every time", () => {
  const [one, again, other] = [ulaPool("one"), ulaPool("one"), ulaPool("other")];
  assert.deepEqual(one, again);
  assert.notEqual(one.base, other.base);
  assert.ok(containsCidr(cidrOf("fd00::/8"), cidrOf(one.base)));
  assert.deepEqual([sizeOf(cidrOf(one.base)), one.size], [1n << 80n, 64]);
});

test("parseDefaultPool() takes base and size in either order", () => {
  assert.deepEqual(parseDefaultPool("base=10.0.0.0/8,size=24"), { base: "10.0.0.0/8", size: 24 });
  assert.deepEqual(parseDefaultPool("size=64,base=fd00:1::/48"), { base: "fd00:1::/48", size: 64 });
});

const refused = [
  ["", /must be base=CIDR,size=BITS/],
  ["base=10.0.0.0/8", /must be base=CIDR,size=BITS/],
  ["base=10.0.0.0/8,size=x", /must be base=CIDR,size=BITS/],
  ["base=10.0.0.1/8,size=24", /base "10.0.0.1\/8" is no address block/],
  ["base=10.0.0.0/8,size=7", /size 7 of 10.0.0.0\/8 must be from 8 to 32/],
  ["base=10.0.0.0/8,size=33", /must be from 8 to 32/],
  ["base=fd00::/48,size=129", /must be from 48 to 128/],
] as const;

for (const [text, message] of refused) {
  test(`parseDefaultPool() refuses "${text}"`, () => {
    assert.throws(() => parseDefaultPool(text), { code: "INVALID", message });
  });
}

test("completePools() adds our own pools for the family that none is given for", () => {
  const [ipv4, ipv6] = [parseDefaultPool("base=10.0.0.0/8,size=24"), parseDefaultPool("base=fd00:1::/48,size=64")];
  assert.deepEqual(completePools([], "id"), [...defaultIpv4Pools, ulaPool("id")]);
  assert.deepEqual(completePools([ipv4], "id"), [ipv4, ulaPool("id")]);
  assert.deepEqual(completePools([ipv6, ipv4], "id"), [ipv6, ipv4]);
});
