import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concatBytes, icmpInIpv6, inIpv6, ipBytes } from "../../base/ip-packet.ts";
import { decodeDomains } from "../domain-names.ts";
import { prefixLengthOf, readAdvertisement } from "./advertisement.ts";
import { linkLocalOf } from "./client.ts";
import { encodeGrant, grantIn, leaseOf } from "./lease.ts";
import { decodeMessage, encodeMessage, encodeOptions, type Message, options } from "./message.ts";

const iaid = Uint8Array.of(0, 0, 0, 1);
const u32 = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
const address = (preferred: number, valid: number) =>
  encodeOptions([[options.address, concatBytes([ipBytes("2001:db8::9"), u32(preferred), u32(valid)])]]);
const reply = (inner: Uint8Array, t1 = 0, t2 = 0): Message => ({
  type: "reply",
  xid: 7,
  options: [[options.addressLease, concatBytes([iaid, u32(t1), u32(t2), inner])]],
});

test("encodeMessage() and decodeMessage() undo each other, and what is cut short is not read", () => {
  const message: Message = {
    type: "solicit",
    xid: 0xabcdef,
    options: [[options.addressLease, encodeGrant(iaid, "2001:db8::9")]],
  };
  const bytes = encodeMessage(message);
  assert.deepEqual(decodeMessage(bytes), message);
  for (let length = 5; length < bytes.length; length++)
    assert.equal(decodeMessage(bytes.subarray(0, length)), undefined);
});

test("grantIn() finds the address lent to our interface, or says why there is none", () => {
  const given = { address: "2001:db8::9", preferred: 50, valid: 100, t1: 10, t2: 20 };
  assert.deepEqual(grantIn(reply(address(50, 100), 10, 20), iaid), given);
  assert.equal(grantIn(reply(address(50, 0)), iaid), "it grants no address");
  assert.equal(grantIn(reply(address(50, 100)), Uint8Array.of(9, 9, 9, 9)), "it grants no address");
  const refusal = encodeOptions([[options.status, Uint8Array.of(0, 2, 0x6e, 0x6f)]]);
  assert.equal(grantIn(reply(refusal), iaid), "no");
  assert.equal(
    grantIn({ ...reply(address(50, 100)), options: [[options.status, Uint8Array.of(0, 3)]] }, iaid),
    "no such binding",
  );
});

test("leaseOf() takes times from the preferred lifetime and the prefix and way out from the router", () => {
  const router = {
    router: "fe80::1",
    onLink: [{ family: 6 as const, base: 0x20010db8n << 96n, prefixLength: 64 }],
    dns: ["2001:db8::53"],
    search: [],
  };
  const grant = { address: "2001:db8::9", preferred: 50, valid: 100, t1: 0, t2: 0 };
  const lease = leaseOf(reply(address(50, 100)), grant, { serverMac: "02:00:00:00:00:01", since: 0, router });
  assert.deepEqual(
    [lease.address, lease.router, lease.dns, lease.renewAt, lease.rebindAt, lease.expiresAt],
    ["2001:db8::9/64", "fe80::1", ["2001:db8::53"], 25_000, 40_000, 100_000],
  );
  const alone = leaseOf(reply(address(50, 100)), grant, { serverMac: "", since: 0, router: undefined });
  assert.deepEqual([alone.address, alone.router], ["2001:db8::9/128", undefined]);
});

const prefix = concatBytes([Uint8Array.of(3, 4, 64, 0x80), u32(100), u32(100), u32(0), ipBytes("2001:db8::")]);
const body = (lifetime: number) =>
  concatBytes([Uint8Array.of(134, 0, 0, 0, 64, 0xc0, lifetime >> 8, lifetime & 255), u32(0), u32(0), prefix]);

test("readAdvertisement() takes a router's prefix and itself as the way out while its lifetime is not zero", () => {
  const ends = { source: "fe80::1", destination: "ff02::1" };
  const found = readAdvertisement(icmpInIpv6(ends, body(1800)));
  assert.deepEqual(
    [found?.router, prefixLengthOf("2001:db8::9", found), prefixLengthOf("2001:db9::9", found)],
    ["fe80::1", 64, 128],
  );
  assert.equal(readAdvertisement(icmpInIpv6(ends, body(0)))?.router, undefined);
});

test("readAdvertisement() refuses what came through a router or from no link-local address (RFC 4861, section 6.1.2)", () => {
  const forwarded = icmpInIpv6({ source: "fe80::1", destination: "ff02::1" }, body(1800));
  forwarded[7] = 254;
  assert.equal(readAdvertisement(forwarded), undefined);
  assert.equal(readAdvertisement(icmpInIpv6({ source: "2001:db8::1", destination: "ff02::1" }, body(1800))), undefined);
});

test("messages and advertisements of any content are read or refused, never thrown on", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      const message = decodeMessage(concatBytes([Uint8Array.of(7), bytes]));
      const grant = message && grantIn(message, iaid);
      if (message && typeof grant === "object") leaseOf(message, grant, { serverMac: "", since: 0, router: undefined });
      grantIn(reply(bytes), iaid);
      decodeDomains(bytes);
      readAdvertisement(inIpv6({ source: "fe80::1", destination: "ff02::1" }, 58, concatBytes([body(1), bytes])));
    }),
  );
});

test("decodeDomains() follows pointers back and no others, and leaves out what a file could not carry", () => {
  assert.deepEqual(decodeDomains(Buffer.from("\x03lan\x07example\0\x01a\xc0\x04\x02b\n\0", "latin1")), [
    "lan.example",
    "a.example",
  ]);
  assert.deepEqual(decodeDomains(Uint8Array.of(0xc0, 0)), []);
});

test("linkLocalOf() is what the kernel gives a link (RFC 4291, appendix A)", () => {
  assert.equal(linkLocalOf("02:42:ac:11:00:02"), "fe80::42:acff:fe11:2");
});
