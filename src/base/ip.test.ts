import assert from "node:assert/strict";
import { isIP, isIPv4, isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { bitsOf, compareIp, formatIp, type Ip, ipOf, isLinkLocal, isLoopback, isMulticast, parseIp } from "./ip.ts";

const canonical = [
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["172.18.0.2", "172.18.0.2"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["FD00:0:0:0:0:0:0:1", "fd00::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"], // the first of two equal runs
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"], // the longest run
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"], // one group is no run
  ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["::ffff:10.0.0.1", "::ffff:10.0.0.1"],
  ["::10.0.0.1", "::a00:1"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
] as const;

for (const [text, expected] of canonical) {
  test(`parseIp() and formatIp() bring ${text} to ${expected}`, () => {
    assert.equal(formatIp(ipOf(text)), expected);
  });
}

const junk = [
  ...[
    "",
    " ",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.256",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.-4",
    "1.2.3.0x4",
    "+1.2.3.4",
  ],
  ...[
    "1..2.3",
    "1.2.3.4/24",
    "localhost",
    "2130706433",
    ":",
    ":::",
    "1:::2",
    "1::2::3",
    "1:2:3:4:5:6:7",
    ":1:2:3:4:5:6:7",
  ],
  ...["1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9", "1:2:3:4::5:6:7:8", "fe80::1%eth0", "12345::", "g::", "1.2.3.4::"],
  ...["::1.2.3.4:5", "::01.2.3.4", "[::1]", "1:2:3:4:5:6:7:1.2.3.4", "::1\n"],
];

for (const text of junk) {
  test(`parseIp() refuses ${JSON.stringify(text)}`, () => {
    assert.equal(parseIp(text), undefined);
    assert.throws(() => ipOf(text), { code: "INVALID" });
  });
}

const anyIp: fc.Arbitrary<Ip> = fc
  .constantFrom(4 as const, 6 as const)
  .chain((family) =>
    fc.bigInt({ min: 0n, max: (1n << BigInt(bitsOf(family))) - 1n }).map((value) => ({ family, value })),
  );

test("formatIp() writes what parseIp() reads back, for every address", () => {
  fc.assert(fc.property(anyIp, (ip) => assert.deepEqual(parseIp(formatIp(ip)), ip)));
});

test("formatIp() agrees with the platform's canonical IPv6 text", () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const value = ipOf(text);
      const [, platform] = /^\[(.*)\]$/.exec(new URL(`http://[${text}]/`).hostname) ?? [];
      if (value.value >> 32n === 0xffffn) return; // URLs write an IPv4-mapped tail in hex, RFC 5952 dotted
      assert.equal(formatIp(value), platform);
    }),
  );
});

test("parseIp() accepts exactly what the platform accepts, but for zones", () => {
  const nearly = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,24}$/));
  fc.assert(
    fc.property(nearly, (text) => {
      assert.equal(parseIp(text) !== undefined, isIP(text) !== 0);
      assert.equal(parseIp(text)?.family === 4, isIPv4(text));
      assert.equal(parseIp(text)?.family === 6, isIPv6(text));
    }),
  );
});

test("compareIp() orders IPv4 before IPv6 and then by value", () => {
  const sorted = ["::2", "10.0.0.2", "::1", "9.0.0.1"].map(ipOf).sort(compareIp).map(formatIp);
  assert.deepEqual(sorted, ["9.0.0.1", "10.0.0.2", "::1", "::2"]);
});

test("isLinkLocal(), isLoopback() and isMulticast() know their blocks to the last address", () => {
  const texts = ["169.253.255.255", "169.254.0.0", "169.254.255.255", "fe80::", "febf::1", "fec0::"];
  assert.deepEqual(texts.map(ipOf).map(isLinkLocal), [false, true, true, true, true, false]);
  assert.deepEqual(["127.255.0.1", "128.0.0.1", "::1", "::2"].map(ipOf).map(isLoopback), [true, false, true, false]);
  assert.deepEqual(["223.0.0.1", "239.0.0.1", "feff::", "ff02::1"].map(ipOf).map(isMulticast), [
    false,
    true,
    false,
    true,
  ]);
});
