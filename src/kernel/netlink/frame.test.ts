import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeVerdict, eachFrame, encodeFrame } from "./frame.ts";
import { inBatches, type Request } from "./socket.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));

test("encodeFrame() writes the header and pads the message to four bytes", () => {
  const frame = { type: 16, flags: 5, sequence: 7, payload: hex("0102") };
  assert.deepEqual(encodeFrame(frame), hex("12000000 1000 0500 07000000 00000000 0102 0000"));
});

test("eachFrame() reads what encodeFrame() wrote, several in a datagram", () => {
  const frames = [
    { type: 16, flags: 5, sequence: 7, payload: hex("0102") },
    { type: 17, flags: 1, sequence: 8, payload: hex("") },
  ];
  const datagram = Buffer.concat(frames.map(encodeFrame));
  const read = [...eachFrame(datagram)].map((frame) => ({ ...frame, payload: new Uint8Array(frame.payload) }));
  assert.deepEqual(read, frames);
});

test("eachFrame() stops at a message that is cut off", () => {
  assert.equal([...eachFrame(hex("20000000 1000 0500 07000000 00000000 0102"))].length, 0);
});

const ackTail = "0b00 0100 6e6f2077617900 00"; // NLMSGERR_ATTR_MSG "no way"
const verdicts = [
  { name: "success", flags: 0x100, bytes: `00000000 ${"00".repeat(16)}`, is: { errno: "", text: undefined } },
  {
    name: "an error number",
    flags: 0x100,
    bytes: `efffffff ${"00".repeat(16)}`,
    is: { errno: "EEXIST", text: undefined },
  },
  {
    name: "the kernel's words behind a cut copy of the request",
    flags: 0x300,
    bytes: `eaffffff ${"00".repeat(16)} ${ackTail}`,
    is: { errno: "EINVAL", text: "no way" },
  },
  {
    name: "the kernel's words behind a full copy of the request",
    flags: 0x200,
    bytes: `eaffffff 18000000 ${"00".repeat(20)} ${ackTail}`,
    is: { errno: "EINVAL", text: "no way" },
  },
];

for (const { name, flags, bytes, is } of verdicts) {
  test(`decodeVerdict() reads ${name}`, () => {
    assert.deepEqual(decodeVerdict({ type: 2, flags, sequence: 1, payload: hex(bytes) }), is);
  });
}

test("decodeVerdict() reads the end of a dump, which has no copy of a request", () => {
  assert.deepEqual(decodeVerdict({ type: 3, flags: 2, sequence: 1, payload: hex("00000000") }), {
    errno: "",
    text: undefined,
  });
});

test("inBatches() keeps order and cuts by number and by size", () => {
  const make = (count: number, size: number): Request[] =>
    Array.from({ length: count }, (_, index) => ({
      operation: `${index}`,
      type: 1,
      flags: 0,
      payload: new Uint8Array(size),
    }));
  const many = make(250, 10);
  assert.deepEqual(
    inBatches(many).map(({ length }) => length),
    [100, 100, 50],
  );
  assert.deepEqual(inBatches(many).flat(), many);
  assert.deepEqual(
    inBatches(make(5, 30_000)).map(({ length }) => length),
    [2, 2, 1],
  );
  assert.deepEqual(inBatches([]), []);
});
