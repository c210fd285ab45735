import assert from "node:assert/strict";
import { test } from "node:test";
import { isBad, parseQuery, type Query } from "./query.ts";
import { sizeLimit, writeAnswer, writeError } from "./reply.ts";
import { type Ask, queryBytes } from "./testing/messages.ts";
import { decodeMessage, TC } from "./wire/message.ts";

const out = Buffer.alloc(0x10000);

function parsed(ask: Ask): Query {
  const bytes = queryBytes(ask);
  const query = parseQuery(bytes, 0, bytes.length);
  assert.ok(query && !isBad(query));
  return query;
}
const addresses = (count: number) =>
  Array.from({ length: count }, (_, index) => Uint8Array.of(10, 0, index >> 8, index));
const write = (ask: Ask, count: number, options: { tcp?: boolean; turn?: number } = {}) => {
  const query = parsed(ask);
  const limit = sizeLimit(query.edns, options.tcp ?? false);
  const length = writeAnswer(out, query, { rcode: 0, data: addresses(count) }, limit, options.turn ?? 0);
  return { length, limit, message: decodeMessage(out.subarray(0, length)) };
};

test("writeAnswer() repeats id, question and RD, in the question's case, and says that recursion is available", () => {
  const { message } = write({ name: "wEb", type: 1, id: 99 }, 1);
  const record = {
    name: "wEb.",
    type: 1,
    class: 1,
    ttl: 600,
    data: { kind: "A", address: Uint8Array.of(10, 0, 0, 0) },
  };
  assert.deepEqual(
    { ...message, answers: message.answers.map(({ place: _, ...rest }) => rest) },
    {
      id: 99,
      flags: 0x8180,
      questions: [{ name: "wEb.", type: 1, class: 1 }],
      answers: [record],
      authorities: [],
      additionals: [],
    },
  );
});

test("writeAnswer() begins with another address each turn", () => {
  const firsts = [0, 1, 2, 3].map((turn) => {
    const [data] = write({ name: "web", type: 1 }, 3, { turn }).message.answers.map((record) => record.data);
    return data?.kind === "A" && data.address[3];
  });
  assert.deepEqual(firsts, [0, 1, 2, 0]);
});

const sizes = [
  { what: "512 octets without EDNS", ask: {}, limit: 512 },
  { what: "the client's EDNS size", ask: { size: 1232 }, limit: 1232 },
  { what: "512 octets for a smaller EDNS size", ask: { size: 100 }, limit: 512 },
];
for (const { what, ask, limit } of sizes)
  test(`writeAnswer() cuts at ${what}, with TC and whole records`, () => {
    const { message, length } = write({ name: "web", type: 1, ...ask }, 200);
    assert.ok(message.flags & TC);
    assert.ok(length <= limit && length > limit - 16, String(length));
    assert.equal(message.additionals.length, "size" in ask ? 1 : 0);
  });

test("writeAnswer() gives everything over TCP", () => {
  const { message } = write({ name: "web", type: 1 }, 1000, { tcp: true });
  assert.deepEqual([message.answers.length, message.flags & TC], [1000, 0]);
});

test("writeError() says BADVERS in OPT and in the header NOERROR", () => {
  const bytes = queryBytes({ name: "web", type: 1, size: 4096, version: 1 });
  const query = parseQuery(bytes, 0, bytes.length);
  assert.ok(query && isBad(query));
  const { flags, additionals } = decodeMessage(out.subarray(0, writeError(out, query, query.rcode)));
  assert.deepEqual([flags & 0xf, additionals[0]?.type, (additionals[0]?.ttl ?? 0) >>> 24], [0, 41, 1]);
});

test("writeError() leaves out a question that could not be read", () => {
  const bytes = queryBytes({ name: "web", type: 1 }).subarray(0, 14);
  const query = parseQuery(bytes, 0, bytes.length);
  assert.ok(query && isBad(query));
  const { questions, flags } = decodeMessage(out.subarray(0, writeError(out, query, query.rcode)));
  assert.deepEqual([questions, flags & 0xf], [[], 1]);
});
