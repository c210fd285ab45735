import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage, encodeMessage } from "./codec.ts";
import { familyMessage } from "./generic.ts";
import { socketAddress } from "./socket-address.ts";
import { deviceMessage, PEER_REPLACE_ALLOWED, setDeviceMessage } from "./wireguard.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
const key = "11".repeat(32);
const keyText = Buffer.from(key, "hex").toString("base64");

test("familyMessage asks for a family by name and reads its number", () => {
  const ask = { header: { command: 3, version: 1 }, attributes: { name: "wireguard" } };
  const bytes = hex("03 01 0000  0e00 0200 77697265677561726400 0000");
  assert.deepEqual(encodeMessage(familyMessage, ask), bytes);
  const answer = hex("01 02 0000  0600 0100 1c00 0000  0e00 0200 77697265677561726400 0000");
  assert.deepEqual(decodeMessage(familyMessage, answer).attributes, { id: 28, name: "wireguard" });
});

test("socketAddress packs sockaddr_in and sockaddr_in6 with port and address in network order", () => {
  const cases = [
    { value: { address: "192.0.2.7", port: 51820 }, bytes: "0200 ca6c c0000207 0000000000000000" },
    { value: { address: "fd00::7", port: 80 }, bytes: `0a00 0050 00000000 fd00${"00".repeat(13)}07 00000000` },
  ];
  for (const { value, bytes } of cases) {
    assert.deepEqual(socketAddress.encode(value), hex(bytes));
    assert.deepEqual(socketAddress.decode(hex(bytes)), value);
  }
});

test("setDeviceMessage packs keys, a peer, its endpoint and its addresses, each list in attributes of type 0", () => {
  const settings = {
    name: "wg0",
    privateKey: hex(key),
    listenPort: 51820,
    peers: [
      {
        publicKey: keyText,
        flags: PEER_REPLACE_ALLOWED,
        endpoint: { address: "192.0.2.7", port: 51820 },
        keepalive: 25,
        allowedIps: [{ family: 10, address: "fd00::7", prefixLength: 128 }],
      },
    ],
  };
  const address = `0600 0100 0a00 0000  1400 0200 fd00${"00".repeat(13)}07  0500 0300 80 000000`;
  const allowed = `2c00 0980  2800 0080  ${address}`;
  const endpoint = "1400 0400 0200 ca6c c0000207 0000000000000000";
  const peer = `2400 0100 ${key}  0800 0300 02000000  ${endpoint}  0600 0500 1900 0000  ${allowed}`;
  const device = `0800 0200 77673000  2400 0300 ${key}  0600 0600 6cca 0000`;
  assert.deepEqual(
    encodeMessage(setDeviceMessage, { header: { command: 1, version: 1 }, attributes: settings }),
    hex(`01 01 0000  ${device}  7c00 0880  7800 0080  ${peer}`),
  );
});

test("deviceMessage does not read the private key", () => {
  const secret = "77".repeat(32);
  const bytes = hex(`00 01 0000  0800 0200 77673000  2400 0300 ${secret}  2400 0400 ${key}  0600 0600 6cca 0000`);
  assert.deepEqual(decodeMessage(deviceMessage, bytes).attributes, {
    name: "wg0",
    publicKey: keyText,
    listenPort: 51820,
  });
});
