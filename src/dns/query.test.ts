import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isBad, parseQuery } from "./query.ts";
import { queryBytes } from "./testing/messages.ts";

const parse = (bytes: Buffer) => parseQuery(bytes, 0, bytes.length);
const changed = (bytes: Buffer, change: (bytes: Buffer) => void): Buffer => {
  change(bytes);
  return bytes;
};
const web = () => queryBytes({ name: "web", type: 1 });
const withOpt = () => queryBytes({ name: "web", type: 1, size: 1400 });

test("parseQuery() reads what is asked, wherever it lies, and keeps the case of the name beside the key", () => {
  const bytes = queryBytes({ name: "Web.Net1", type: 28, id: 7, size: 1400 });
  assert.deepEqual(
    parseQuery(Buffer.concat([Buffer.alloc(5, 0xff), bytes, Buffer.alloc(3, 0xff)]), 5, 5 + bytes.length),
    {
      id: 7,
      flags: 0x0100,
      key: "\x03web\x04net1\0",
      type: 28,
      class: 1,
      question: Buffer.from("\x03Web\x04Net1\0\0\x1c\0\x01", "latin1"),
      edns: { size: 1400, version: 0, dnssec: false },
    },
  );
});

const refused = [
  { what: "no question", bytes: changed(web(), (b) => b.writeUInt16BE(0, 4)), rcode: 1 },
  { what: "two questions", bytes: changed(web(), (b) => b.writeUInt16BE(2, 4)), rcode: 1 },
  { what: "a cut question", bytes: web().subarray(0, 18), rcode: 1 },
  { what: "a header alone", bytes: web().subarray(0, 12), rcode: 1 },
  { what: "a compressed question", bytes: changed(web(), (b) => b.writeUInt16BE(0xc00c, 12)), rcode: 1 },
  { what: "a cut OPT", bytes: withOpt().subarray(0, -3), rcode: 1 },
  { what: "OPT data past the end", bytes: changed(withOpt(), (b) => b.writeUInt16BE(9, b.length - 2)), rcode: 1 },
  {
    what: "two OPT",
    bytes: changed(Buffer.concat([withOpt(), withOpt().subarray(-11)]), (b) => b.writeUInt16BE(2, 10)),
    rcode: 1,
  },
  {
    what: "OPT among the answers",
    bytes: changed(withOpt(), (b) => b.set([0, 1, 0, 0, 0, 0], 6)),
    rcode: 1,
  },
  { what: "opcode NOTIFY", bytes: changed(web(), (b) => b.writeUInt16BE(0x2000, 2)), rcode: 4 },
  { what: "EDNS version 1", bytes: queryBytes({ name: "web", type: 1, size: 512, version: 1 }), rcode: 16 },
];
for (const { what, bytes, rcode } of refused)
  test(`parseQuery() refuses ${what} with ${rcode}`, () => {
    const query = parse(bytes);
    assert.ok(query && isBad(query));
    assert.equal(query.rcode, rcode);
  });

test("parseQuery() ignores responses and what is too short", () => {
  assert.equal(parse(changed(web(), (b) => b.writeUInt16BE(0x8100, 2))), undefined);
  assert.equal(parse(web().subarray(0, 11)), undefined);
});

test("parseQuery() never throws, whatever the octets", () => {
  const damaged = fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 6 }).map((changes) => {
    const bytes = withOpt();
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes;
  });
  const anything = fc.uint8Array({ maxLength: 100 }).map((octets) => Buffer.from(octets));
  fc.assert(
    fc.property(fc.oneof(anything, damaged), (bytes) => void parse(bytes)),
    { numRuns: 5000 },
  );
});
