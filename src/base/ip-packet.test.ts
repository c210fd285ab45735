import assert from "node:assert/strict";
import { test } from "node:test";
import {
  icmpInIpv6,
  internetChecksum,
  ipBytes,
  ipText,
  readIpv6,
  readUdpInIpv4,
  readUdpInIpv6,
  udpInIpv4,
  udpInIpv6,
} from "./ip-packet.ts";

const ports = { sourcePort: 68, destinationPort: 67 };
const payload = Uint8Array.of(1, 2, 3);

test("internetChecksum() is that of RFC 1071, section 3, and 0 over a run that contains its checksum", () => {
  const run = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  assert.equal(internetChecksum(run), ~0xddf2 & 0xffff);
  assert.equal(internetChecksum(run, Uint8Array.of(0x22, 0x0d)), 0);
});

test("ipBytes() and ipText() undo each other", () => {
  for (const text of ["192.0.2.1", "fd00::1", "::"]) assert.equal(ipText(ipBytes(text)), text);
});

test("udpInIpv4() is read back by readUdpInIpv4(), padding behind it left out", () => {
  const bytes = udpInIpv4({ source: "0.0.0.0", destination: "255.255.255.255" }, ports, payload);
  assert.equal(internetChecksum(bytes.subarray(0, 20)), 0);
  const padded = new Uint8Array(60);
  padded.set(bytes);
  assert.deepEqual(readUdpInIpv4(padded), { source: "0.0.0.0", destination: "255.255.255.255", payload });
});

test("udpInIpv6() and icmpInIpv6() have right checksums and are read back", () => {
  const ends = { source: "fe80::1", destination: "ff02::1:2" };
  const bytes = udpInIpv6(ends, ports, payload);
  const pseudo = [ipBytes(ends.source), ipBytes(ends.destination), Uint8Array.of(0, 0, 0, 11, 0, 0, 0, 17)];
  assert.equal(internetChecksum(...pseudo, bytes.subarray(40)), 0);
  assert.deepEqual(readUdpInIpv6(bytes), { ...ends, payload });
  const icmp = icmpInIpv6(ends, Uint8Array.of(133, 0, 0, 0, 0, 0, 0, 0));
  const over = [ipBytes(ends.source), ipBytes(ends.destination), Uint8Array.of(0, 0, 0, 8, 0, 0, 0, 58)];
  assert.equal(internetChecksum(...over, icmp.subarray(40)), 0);
  assert.equal(readIpv6(icmp, 58)?.payload[0], 133);
});

test("packets that are cut short or of another protocol are not read", () => {
  const whole = udpInIpv4({ source: "192.0.2.1", destination: "192.0.2.2" }, ports, payload);
  for (let length = 0; length < whole.length; length++)
    assert.equal(readUdpInIpv4(whole.subarray(0, length)), undefined);
  const six = udpInIpv6({ source: "::1", destination: "::2" }, ports, payload);
  for (let length = 0; length < six.length; length++) assert.equal(readUdpInIpv6(six.subarray(0, length)), undefined);
  assert.equal(readIpv6(six, 58), undefined);
});
