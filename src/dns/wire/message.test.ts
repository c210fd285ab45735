import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DnsFormatError } from "./error.ts";
import { type DnsRecord, decodeMessage, encodeMessage, type Message, QR, RD } from "./message.ts";
import { type RecordData, type RecordName, typeNumbers } from "./records.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/** As dig sees it: `example.com. 300 IN MX 10 mail.example.com.`, compressed. */
const mxReply = hex(`
  abcd 8180 0001 0001 0000 0000
  07 6578616d706c65 03 636f6d 00 000f 0001
  c00c 000f 0001 0000012c 0009 000a 04 6d61696c c00c`);

test("decodeMessage() reads a compressed answer and says where its records are", () => {
  assert.deepEqual(decodeMessage(mxReply), {
    id: 0xabcd,
    flags: 0x8180,
    questions: [{ name: "example.com.", type: 15, class: 1 }],
    answers: [
      {
        name: "example.com.",
        type: 15,
        class: 1,
        ttl: 300,
        data: { kind: "MX", preference: 10, exchange: "mail.example.com." },
        place: { start: 29, ttlAt: 35, end: 50 },
      },
    ],
    authorities: [],
    additionals: [],
  });
});

const someData: Record<RecordName, RecordData> = {
  A: { kind: "A", address: Uint8Array.of(10, 0, 0, 1) },
  NS: { kind: "NS", host: "ns.example." },
  CNAME: { kind: "CNAME", target: "other.example." },
  SOA: { kind: "SOA", primary: "a.", mailbox: "b.", serial: 2 ** 32 - 1, refresh: 1, retry: 2, expire: 3, minimum: 60 },
  PTR: { kind: "PTR", target: "web.net1." },
  MX: { kind: "MX", preference: 10, exchange: "mx." },
  TXT: { kind: "TXT", strings: ["v=1", "", "\xff"] },
  AAAA: { kind: "AAAA", address: new Uint8Array(16).fill(7) },
  SRV: { kind: "SRV", priority: 1, weight: 2, port: 443, target: "host." },
  OPT: { kind: "OPT", options: Uint8Array.of(0, 10, 0, 0) },
};
const message = (answers: DnsRecord[]): Message => ({
  id: 1,
  flags: QR | RD,
  questions: [{ name: "x.", type: 1, class: 1 }],
  answers,
  authorities: [],
  additionals: [],
});
for (const [kind, data] of Object.entries(someData)) {
  test(`encodeMessage() is undone by decodeMessage() for ${kind}`, () => {
    const record = { name: "x.", type: typeNumbers[kind as RecordName], class: 1, ttl: 5, data };
    const [{ place: _, ...read } = record as never] = decodeMessage(encodeMessage(message([record]))).answers;
    assert.deepEqual(read, record);
  });
}

test("decodeMessage() keeps data of a type it does not know", () => {
  const record = {
    name: "x.",
    type: 65,
    class: 1,
    ttl: 5,
    data: { kind: "other", octets: Uint8Array.of(1, 2) },
  } as const;
  assert.deepEqual(decodeMessage(encodeMessage(message([record]))).answers[0]?.data, record.data);
});

const malformed = [
  { what: "a cut header", bytes: mxReply.subarray(0, 11) },
  { what: "a cut record", bytes: mxReply.subarray(0, 49) },
  { what: "more records than there are", bytes: Buffer.from(mxReply).fill(0xff, 6, 8) },
  {
    what: "an A record of three octets",
    bytes: hex("0001 8000 0000 0001 0000 0000 00 0001 0001 00000000 0003 010203"),
  },
  {
    what: "an A record of five octets",
    bytes: hex("0001 8000 0000 0001 0000 0000 00 0001 0001 00000000 0005 0102030405"),
  },
  {
    what: "a target that runs out of its record",
    bytes: hex("0001 8000 0000 0001 0000 0000 00 0005 0001 00000000 0001 03616263 00"),
  },
];
for (const { what, bytes } of malformed)
  test(`decodeMessage() refuses ${what}`, () => assert.throws(() => decodeMessage(bytes), DnsFormatError));

test("decodeMessage() ends on any octets with a message or its own error", () => {
  const damaged = fc.array(fc.tuple(fc.nat(mxReply.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
    const bytes = Buffer.from(mxReply);
    for (const [at, value] of changes) bytes[at] = value;
    return new Uint8Array(bytes);
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), damaged), (bytes) => {
      try {
        decodeMessage(bytes);
      } catch (error) {
        assert.ok(error instanceof DnsFormatError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});
