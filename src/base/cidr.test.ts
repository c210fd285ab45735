import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Cidr,
  cidrOf,
  compareCidr,
  containsCidr,
  containsIp,
  firstOf,
  formatCidr,
  lastOf,
  networkOfAddress,
  nthOf,
  overlaps,
  parseCidr,
  parseInterfaceAddress,
  sizeOf,
  subnetOf,
} from "./cidr.ts";
import { bitsOf, formatIp, ipOf } from "./ip.ts";

const anyCidr: fc.Arbitrary<Cidr> = fc.constantFrom(4 as const, 6 as const).chain((family) => {
  const bits = bitsOf(family);
  const value = fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
  return fc
    .tuple(value, fc.nat({ max: bits }))
    .map(([value, prefixLength]) => subnetOf({ ip: { family, value }, prefixLength }));
});

test("formatCidr() writes what parseCidr() reads back, for every block", () => {
  fc.assert(fc.property(anyCidr, (cidr) => assert.deepEqual(parseCidr(formatCidr(cidr)), cidr)));
});

const junk = [
  "",
  "/",
  "10.0.0.0",
  "10.0.0.0/",
  "10.0.0.0/33",
  "10.0.0.0/08",
  "10.0.0.0/8/8",
  "10.0.0.0/-1",
  "fd00::/129",
];

for (const text of [...junk, "10.0.0.0/1e1", "/8", "10.0.0.0/ 8", "fe80::%1/64"]) {
  test(`parseCidr() and parseInterfaceAddress() refuse ${JSON.stringify(text)}`, () => {
    assert.equal(parseCidr(text), undefined);
    assert.equal(parseInterfaceAddress(text), undefined);
    assert.throws(() => cidrOf(text), { code: "INVALID" });
    assert.throws(() => networkOfAddress(text), { code: "INVALID" });
  });
}

test("parseCidr() refuses host bits, networkOfAddress() clears them", () => {
  assert.equal(parseCidr("172.18.0.2/16"), undefined);
  assert.equal(formatCidr(networkOfAddress("172.18.0.2/16")), "172.18.0.0/16");
  assert.equal(formatCidr(networkOfAddress("fd00::1:2/112")), "fd00::1:0/112");
});

test("firstOf(), lastOf(), nthOf() and sizeOf() give the ends, a member and the count", () => {
  const cidr = cidrOf("10.1.2.0/24");
  assert.deepEqual([firstOf(cidr), lastOf(cidr), nthOf(cidr, 5n)].map(formatIp), [
    "10.1.2.0",
    "10.1.2.255",
    "10.1.2.5",
  ]);
  assert.deepEqual(
    ["0.0.0.0/0", "::/0", "10.0.0.1/32"].map((text) => sizeOf(cidrOf(text))),
    [1n << 32n, 1n << 128n, 1n],
  );
});

test("overlaps() is true exactly when an end of one block lies in the other", () => {
  fc.assert(
    fc.property(anyCidr, anyCidr, (left, right) => {
      const shared = containsIp(left, firstOf(right)) || containsIp(right, firstOf(left));
      assert.equal(overlaps(left, right), shared);
      assert.equal(overlaps(right, left), shared);
    }),
  );
});

test("containsCidr() is true exactly when both ends lie inside", () => {
  fc.assert(
    fc.property(anyCidr, anyCidr, (outer, inner) => {
      const inside = containsIp(outer, firstOf(inner)) && containsIp(outer, lastOf(inner));
      assert.equal(containsCidr(outer, inner), inside);
      assert.ok(containsCidr(outer, outer));
    }),
  );
});

test("containsIp() keeps families apart", () => {
  assert.equal(containsIp(cidrOf("::/0"), ipOf("10.0.0.1")), false);
  assert.equal(overlaps(cidrOf("::/0"), cidrOf("0.0.0.0/0")), false);
});

test("compareCidr() orders by first address, the larger block first", () => {
  const sorted = ["fd00::/8", "10.0.0.0/24", "10.0.0.0/8", "9.0.0.0/8"].map(cidrOf).sort(compareCidr).map(formatCidr);
  assert.deepEqual(sorted, ["9.0.0.0/8", "10.0.0.0/8", "10.0.0.0/24", "fd00::/8"]);
});
