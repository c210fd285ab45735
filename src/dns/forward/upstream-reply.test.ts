import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isBad, parseQuery, type Query } from "../query.ts";
import { aRecord, queryBytes, replyTo, soaRecord } from "../testing/messages.ts";
import { decodeMessage, type Message } from "../wire/message.ts";
import { upstreamQuery } from "./upstream-query.ts";
import { judge } from "./upstream-reply.ts";
import { writeStored } from "./write-stored.ts";

function parsed(bytes: Buffer): Query {
  const query = parseQuery(bytes, 0, bytes.length);
  assert.ok(query && !isBad(query));
  return query;
}
const query = parsed(queryBytes({ name: "Example.com", type: 1, size: 4096 }));
const sent = upstreamQuery(query, true);
const reply = (changes: Partial<Message> = {}) => replyTo(decodeMessage(sent.bytes), changes);
const opt = { name: ".", type: 41, class: 4096, ttl: 0, data: { kind: "OPT", options: new Uint8Array(0) } } as const;
const cname = { name: "example.com.", type: 5, class: 1, ttl: 9, data: { kind: "CNAME", target: "x." } } as const;

test("upstreamQuery() asks the same question under its own id, with EDNS", () => {
  const { id, flags, questions, additionals } = decodeMessage(sent.bytes);
  assert.deepEqual([flags, questions, additionals.length], [0x0100, [{ name: "Example.com.", type: 1, class: 1 }], 1]);
  assert.equal(id, sent.id);
});

const verdicts = [
  { what: "another id", packet: reply({ id: sent.id ^ 1 }), is: "ignore" },
  { what: "a query", packet: reply({ flags: 0x0100 }), is: "ignore" },
  {
    what: "another question",
    packet: reply({ questions: [{ name: "example.org.", type: 1, class: 1 }] }),
    is: "ignore",
  },
  { what: "another type", packet: reply({ questions: [{ name: "example.com.", type: 28, class: 1 }] }), is: "ignore" },
  { what: "no question", packet: reply({ questions: [] }), is: "ignore" },
  { what: "SERVFAIL", packet: reply({ flags: 0x8182 }), is: "next" },
  { what: "REFUSED", packet: reply({ flags: 0x8185 }), is: "next" },
  { what: "FORMERR without a question", packet: reply({ flags: 0x8181, questions: [] }), is: "plain" },
  { what: "NOTIMP", packet: reply({ flags: 0x8184 }), is: "plain" },
  { what: "BADVERS", packet: reply({ additionals: [{ ...opt, ttl: 0x01000000 }] }), is: "plain" },
  {
    what: "a damaged record",
    packet: reply({ answers: [aRecord("example.com.", "1.2.3.4")] }).subarray(0, -1),
    is: "next",
  },
];
for (const { what, packet, is } of verdicts)
  test(`judge() says ${is} to ${what}`, () => assert.equal(judge(packet, sent, query), is));

const kept = [
  {
    what: "the shortest TTL",
    is: 30,
    of: { answers: [aRecord("example.com.", "1.1.1.1", 60), aRecord("example.com.", "1.1.1.2", 30)] },
  },
  { what: "a day at most", is: 86_400, of: { answers: [aRecord("example.com.", "1.1.1.1", 1e6)] } },
  { what: "nothing for TTL 0", is: 0, of: { answers: [aRecord("example.com.", "1.1.1.1", 0)] } },
  {
    what: "nothing for a TTL with the top bit set",
    is: 0,
    of: { answers: [aRecord("example.com.", "1.1.1.1", 0x80000000)] },
  },
  { what: "the SOA's minimum for NXDOMAIN", is: 20, of: { flags: 0x8183, authorities: [soaRecord("com.", 100, 20)] } },
  { what: "the SOA's TTL when lower", is: 7, of: { flags: 0x8183, authorities: [soaRecord("com.", 7, 20)] } },
  {
    what: "five minutes at most for NXDOMAIN",
    is: 300,
    of: { flags: 0x8183, authorities: [soaRecord("com.", 9999, 9999)] },
  },
  { what: "the SOA's minimum for no data", is: 20, of: { authorities: [soaRecord("com.", 100, 20)] } },
  {
    what: "the shortest of all for an alias to nothing",
    is: 9,
    of: { answers: [cname], authorities: [soaRecord("com.", 100, 20)] },
  },
  { what: "nothing for NXDOMAIN without SOA", is: 0, of: { flags: 0x8183 } },
  { what: "nothing for no data without SOA", is: 0, of: {} },
  { what: "nothing for other codes", is: 0, of: { flags: 0x8186, authorities: [soaRecord("com.", 9, 9)] } },
];
for (const { what, is, of } of kept)
  test(`judge() keeps an answer for ${what}`, () => {
    const verdict = judge(reply(of), sent, query);
    assert.ok(typeof verdict === "object");
    assert.equal(verdict.keepSeconds, is);
  });

const out = Buffer.alloc(0x10000);
function give(packet: Buffer, to: Query, age = 0, tcp = false) {
  const verdict = judge(packet, sent, query);
  assert.ok(typeof verdict === "object");
  const length = writeStored(out, to, verdict, age, tcp);
  return { length, message: decodeMessage(out.subarray(0, length)) };
}

test("writeStored() gives each client its id, case, EDNS, and TTLs that count down", () => {
  const packet = reply({
    answers: [aRecord("example.com.", "1.1.1.1", 60)],
    additionals: [aRecord("ns.", "1.1.1.2", 5), opt],
  });
  const { message } = give(packet, parsed(queryBytes({ name: "eXample.com", type: 1, id: 5 })), 10);
  const { id, questions, answers, additionals } = message;
  assert.deepEqual(
    [id, questions[0]?.name, answers[0]?.ttl, additionals.map(({ name, ttl }) => [name, ttl])],
    [5, "eXample.com.", 50, [["ns.", 0]]],
  );
  assert.equal(give(packet, query).message.additionals.at(-1)?.type, 41);
});

test("writeStored() drops what follows OPT, whose names might point anywhere", () => {
  const packet = reply({
    answers: [aRecord("example.com.", "1.1.1.1")],
    additionals: [opt, aRecord("late.", "9.9.9.9")],
  });
  const { message } = give(packet, parsed(queryBytes({ name: "example.com", type: 1 })));
  assert.deepEqual([message.answers.length, message.additionals.length], [1, 0]);
});

test("writeStored() cuts what does not fit to the question, with TC", () => {
  const packet = reply({
    answers: Array.from({ length: 40 }, (_, index) => aRecord("example.com.", `1.1.1.${index}`)),
  });
  const small = parsed(queryBytes({ name: "example.com", type: 1 }));
  const { message } = give(packet, small);
  assert.deepEqual([message.answers.length, message.flags & 0x0200, message.questions.length], [0, 0x0200, 1]);
  assert.equal(give(packet, small, 0, true).message.answers.length, 40);
});

test("judge() never throws and writeStored() always writes a message, whatever an upstream sends", () => {
  const whole = reply({ answers: [aRecord("example.com.", "1.1.1.1"), cname], additionals: [opt] });
  const damage = fc.array(fc.tuple(fc.integer({ min: 2, max: whole.length - 1 }), fc.nat(255)), { maxLength: 5 });
  fc.assert(
    fc.property(damage, fc.nat(whole.length), (changes, cut) => {
      const packet = Buffer.from(whole);
      for (const [at, value] of changes) packet[at] = value;
      const verdict = judge(packet.subarray(0, Math.max(cut, 2)), sent, query);
      if (typeof verdict === "object") decodeMessage(out.subarray(0, writeStored(out, query, verdict, 1, false)));
    }),
    { numRuns: 5000 },
  );
});
