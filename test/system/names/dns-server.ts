/**
 * A DNS server for tests, on port 53 of every address, or of those given: dns-server.ts OWN [ADDRESS...]. Knows
 * - who.example: OWN, and as second record the address it was asked from; TTL 0
 * - turn-N.example: an address whose last octet counts the questions about it; TTL N
 * - big.example: 100 addresses, which only TCP has room for
 * - count.NAME (TXT): how often it was asked for NAME
 * and nothing else: NXDOMAIN, to be kept for N seconds if the name ends so.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { readFrames, writeFrame } from "../../../src/dns/server/frames.ts";
import { aRecord, replyTo, soaRecord } from "../../../src/dns/testing/messages.ts";
import { type DecodedMessage, type DnsRecord, decodeMessage, type Message } from "../../../src/dns/wire/message.ts";

const [own = "", ...given] = process.argv.slice(2);
const asked = new Map<string, number>();

function answer(query: DecodedMessage, source: string, protocol: "udp" | "tcp"): Partial<Message> {
  const { name = "", type = 0 } = query.questions[0] ?? {};
  const key = name.toLowerCase().replace(/[.]$/, "");
  if (key.startsWith("count.")) return { answers: [countRecord(name, key.slice("count.".length))] };
  const count = (asked.get(key) ?? 0) + 1;
  asked.set(key, count);
  if (key === "big.example" && protocol === "udp") return { flags: 0x8380 }; // TC
  const answers = addresses(key, count, source).map(([address, ttl]) => aRecord(name, address, ttl));
  if (answers.length > 0) return type === 1 ? { answers } : {};
  const seconds = Number(/-(\d+)$/.exec(key)?.[1] ?? 0);
  return { flags: 0x8183, authorities: [soaRecord(".", seconds, seconds)] };
}

function addresses(key: string, count: number, source: string): [string, number][] {
  if (key === "who.example") return [own, ...(source.includes(":") ? [] : [source])].map((address) => [address, 0]);
  if (key === "big.example") return Array.from({ length: 100 }, (_, index) => [`198.51.100.${index}`, 60]);
  const seconds = /^turn-(\d+)[.]example$/.exec(key)?.[1];
  return seconds === undefined ? [] : [[`198.51.100.${count}`, Number(seconds)]];
}

function countRecord(name: string, key: string): DnsRecord {
  const strings = [String(asked.get(key) ?? 0)];
  return { name, type: 16, class: 1, ttl: 0, data: { kind: "TXT", strings } };
}

const bytesFor = (bytes: Buffer, source: string, protocol: "udp" | "tcp"): Buffer => {
  const query = decodeMessage(bytes);
  return replyTo(query, answer(query, source.replace(/^::ffff:/, ""), protocol));
};

for (const address of given.length > 0 ? given : ["0.0.0.0", "::"]) {
  const ipv6Only = address.includes(":");
  const udp = createSocket({ type: ipv6Only ? "udp6" : "udp4", ipv6Only });
  udp.on("message", (bytes, from) => udp.send(bytesFor(bytes, from.address, "udp"), from.port, from.address));
  udp.bind(53, address);
  await once(udp, "listening");
  const tcp = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    readFrames(socket, (bytes) => {
      const reply = bytesFor(bytes, socket.remoteAddress ?? "", "tcp");
      writeFrame(socket, reply, reply.length);
    });
  });
  tcp.listen({ port: 53, host: address, ipv6Only });
  await once(tcp, "listening");
}
console.log("listening");
