import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { leaseOf } from "./lease.ts";
import { decodeMessage, encodeMessage, type Message, messageTypes, options } from "./message.ts";

const mac = "02:00:00:00:00:01";
const ip = (text: string) => Uint8Array.from(text.split("."), Number);
const seconds = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

/** A server's message: what encodeMessage() writes is a client's, told apart by the first octet and "your address". */
function reply(
  type: Message["type"],
  given: readonly (readonly [number, Uint8Array])[],
  yours = "192.0.2.9",
): Uint8Array {
  const bytes = encodeMessage({ type, xid: 7, secs: 0, client: "0.0.0.0", yours, mac, options: new Map(given) });
  bytes[0] = 2;
  bytes.set(ip(yours), 16);
  return bytes;
}
const ackOf = (given: readonly (readonly [number, Uint8Array])[], yours?: string) => {
  const base = [
    [options.server, ip("192.0.2.1")],
    [options.leaseTime, seconds(100)],
  ] as const;
  const message = decodeMessage(reply("ack", [...base, ...given], yours));
  return message && leaseOf(message, "02:00:00:00:00:99", 1_000);
};

test("encodeMessage() writes RFC 2131's fields, the cookie, the type first, and no less than 300 octets", () => {
  const given = new Map([[options.requestedAddress, ip("192.0.2.9")]]);
  const bytes = encodeMessage({
    type: "discover",
    xid: 0xdeadbeef,
    secs: 3,
    client: "0.0.0.0",
    yours: "0.0.0.0",
    mac,
    options: given,
  });
  assert.equal(bytes.length, 300);
  assert.equal(Buffer.from(bytes.subarray(0, 12)).toString("hex"), "01010600deadbeef00030000");
  assert.equal(Buffer.from(bytes.subarray(28, 34)).toString("hex"), "020000000001");
  assert.equal(Buffer.from(bytes.subarray(236, 250)).toString("hex"), "63825363350101320 4c0000209ff".replace(" ", ""));
});

test("decodeMessage() reads a server's message and joins an option that comes in parts (RFC 3396)", () => {
  const bytes = reply("offer", [[options.server, ip("192.0.2.1")]]);
  bytes.set([options.dns, 2, 192, 0, 0, options.dns, 2, 2, 53, 255], 249);
  const message = decodeMessage(bytes);
  assert.deepEqual([message?.type, message?.xid, message?.yours, message?.mac], ["offer", 7, "192.0.2.9", mac]);
  assert.deepEqual(message?.options.get(options.dns), ip("192.0.2.53"));
});

test("decodeMessage() takes nothing of a client, without cookie or type, or with an option that does not fit", () => {
  const whole = reply("ack", [[options.server, ip("192.0.2.1")]]);
  const changed = (at: number, value: number) =>
    Uint8Array.from(whole, (octet, index) => (index === at ? value : octet));
  for (const [at, value] of [
    [0, 1],
    [1, 6],
    [236, 0],
    [242, 99],
    [241, 200],
  ] as const)
    assert.equal(decodeMessage(changed(at, value)), undefined, `octet ${at}`);
  assert.equal(decodeMessage(whole.subarray(0, 240)), undefined);
});

test("decodeMessage() and leaseOf() withstand whatever a LAN may send", () => {
  const types = fc.constantFrom(...Object.values(messageTypes));
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 20 }), (type, tail, head) => {
      const bytes = reply("ack", []);
      bytes[242] = type;
      bytes.set(tail.subarray(0, bytes.length - 243), 243);
      bytes.set(head, 12);
      const message = decodeMessage(bytes);
      if (message) leaseOf(message, mac, 0);
      decodeMessage(tail);
    }),
  );
});

const cases: { name: string; given: readonly (readonly [number, Uint8Array])[]; expected: object; yours?: string }[] = [
  { name: "T1 and T2 as fractions", given: [], expected: { renewAt: 51_000, rebindAt: 88_500, expiresAt: 101_000 } },
  {
    name: "T1 and T2 of the server",
    given: [
      [options.renewal, seconds(10)],
      [options.rebinding, seconds(20)],
    ],
    expected: { renewAt: 11_000, rebindAt: 21_000 },
  },
  {
    name: "no T1 after T2, no T2 after the end",
    given: [
      [options.renewal, seconds(300)],
      [options.rebinding, seconds(200)],
    ],
    expected: { renewAt: 51_000, rebindAt: 88_500 },
  },
  {
    name: "no end for 2^32 - 1 seconds",
    given: [[options.leaseTime, seconds(0xffffffff)]],
    expected: { expiresAt: Number.MAX_SAFE_INTEGER },
  },
  {
    name: "the mask as a prefix length",
    given: [[options.subnetMask, ip("255.255.255.224")]],
    expected: { address: "192.0.2.9/27" },
  },
  {
    name: "a mask of one host",
    given: [[options.subnetMask, ip("255.255.255.255")]],
    expected: { address: "192.0.2.9/32" },
  },
  {
    name: "the class's mask for one with gaps",
    given: [[options.subnetMask, ip("255.0.255.0")]],
    expected: { address: "192.0.2.9/24" },
  },
  { name: "the class's mask without one", given: [], yours: "10.1.2.3", expected: { address: "10.1.2.3/8" } },
  {
    name: "the first router",
    given: [[options.router, Uint8Array.of(...ip("192.0.2.1"), ...ip("192.0.2.2"))]],
    expected: { router: "192.0.2.1" },
  },
  {
    name: "the default route among classless routes before the router",
    given: [
      [options.router, ip("192.0.2.1")],
      [options.routes, Uint8Array.of(8, 10, ...ip("192.0.2.3"), 0, ...ip("192.0.2.4"))],
    ],
    expected: { router: "192.0.2.4" },
  },
  {
    name: "the domain and the search list",
    given: [
      [options.domain, Buffer.from("lan.example\0")],
      [options.search, Buffer.from("\x01a\x07example\0")],
    ],
    expected: { search: ["lan.example", "a.example"] },
  },
  {
    name: "no domain that a file could not carry",
    given: [[options.domain, Buffer.from("a\nnameserver 6.6.6.6")]],
    expected: { search: [] },
  },
];
for (const { name, given, expected, yours } of cases) {
  test(`leaseOf() has ${name}`, () => {
    const lease = ackOf(given, yours) as Record<string, unknown> | undefined;
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, lease?.[key]])), expected);
  });
}

test("leaseOf() takes no address that no host can have, and nothing without server or time", () => {
  for (const yours of ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"])
    assert.equal(ackOf([], yours), undefined);
  const without = decodeMessage(reply("ack", [[options.server, ip("192.0.2.1")]]));
  assert.equal(without && leaseOf(without, mac, 0), undefined);
});
