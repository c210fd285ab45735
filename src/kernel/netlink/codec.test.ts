import assert from "node:assert/strict";
import { test } from "node:test";
import { addrMessage } from "./addr.ts";
import { decodeAttributes, decodeMessage, eachAttribute, encodeAttributes, encodeMessage } from "./codec.ts";
import { conntrackMessage } from "./conntrack.ts";
import { linkMessage, vethData } from "./link.ts";
import { neighbourMessage } from "./neighbour.ts";
import { routeMessage } from "./route.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));

const attributes = [
  { name: "an address", values: { local: "10.0.0.1" }, bytes: "0800 0200 0a000001" },
  { name: "an IPv6 address", values: { local: "fd00::1" }, bytes: "1400 0200 fd000000 00000000 00000000 00000001" },
  { name: "a label, padded to four bytes", values: { label: "lo" }, bytes: "0700 0300 6c6f0000" },
  { name: "a 32-bit number in the machine's order", values: { flags: 2 }, bytes: "0800 0800 02000000" },
  { name: "several in table order", values: { metric: 1, label: "a" }, bytes: "0600 0300 61000000 0800 0900 01000000" },
  { name: "nothing", values: {}, bytes: "" },
];

for (const { name, values, bytes } of attributes) {
  test(`encodeAttributes() packs ${name}`, () => {
    assert.deepEqual(encodeAttributes(addrMessage.attributes, values), hex(bytes));
  });
  test(`decodeAttributes() reads ${name}`, () => {
    assert.deepEqual(decodeAttributes(addrMessage.attributes, hex(bytes)), values);
  });
}

test("encodeMessage() packs a route with its header", () => {
  const route = {
    header: { family: 2, destinationLength: 24, table: 254, protocol: 4, scope: 253, type: 1 },
    attributes: { destination: "10.1.2.0", outInterface: 7 },
  };
  const bytes = hex("02 18 00 00 fe 04 fd 01 00000000  0800 0100 0a010200  0800 0400 07000000");
  assert.deepEqual(encodeMessage(routeMessage, route), bytes);
});

test("encodeMessage() packs a veth pair: nested attributes are marked, the peer has a header of its own", () => {
  const peer = { header: {}, attributes: { ifName: "e", netNsFd: 9 } };
  const data = vethData.encode({ peer });
  const link = encodeMessage(linkMessage, { header: {}, attributes: { ifName: "v", info: { kind: "veth", data } } });
  const peerBytes = "0600 0300 65000000  0800 1c00 09000000"; // 16 bytes behind a header of 16
  const dataBytes = `2800 0280  2400 0100 ${"00".repeat(16)} ${peerBytes}`;
  const infoBytes = `3800 1280  0900 0100 7665746800000000 ${dataBytes}`;
  assert.deepEqual(link, hex(`${"00".repeat(16)} 0600 0300 76000000 ${infoBytes}`));
});

test("decodeMessage() reads a neighbour and passes over attributes it does not know", () => {
  const bytes = hex("07 000000 03000000 8000 02 00  0a00 0200 02aabbccddee 0000  0800 6300 ffffffff");
  assert.deepEqual(decodeMessage(neighbourMessage, bytes), {
    header: { family: 7, pad: undefined, ifIndex: 3, state: 0x80, flags: 2, type: 0 },
    attributes: { linkAddress: "02:aa:bb:cc:dd:ee" },
  });
});

test("conntrackMessage keeps ports in network order", () => {
  const original = { proto: { number: 17, destinationPort: 53 } };
  const bytes = encodeMessage(conntrackMessage, { header: { family: 2 }, attributes: { original } });
  assert.deepEqual(bytes, hex("02 00 0000  1800 0180  1400 0280  0500 0100 11000000  0600 0300 00350000"));
  assert.deepEqual(decodeMessage(conntrackMessage, bytes).attributes, { original });
});

for (const { name, bytes, count } of [
  { name: "an attribute that is cut off", bytes: "0800 0100 0a000001  0800 0200 0a00", count: 1 },
  { name: "a length below that of the header", bytes: "0300 0100 00000000", count: 0 },
  { name: "bytes too few for a header", bytes: "0800", count: 0 },
]) {
  test(`eachAttribute() stops at ${name}`, () => {
    assert.equal([...eachAttribute(hex(bytes))].length, count);
  });
}
