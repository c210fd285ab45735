import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readFrames } from "./frames.ts";
import { readJsonLines } from "./json-lines.ts";
import { readText } from "./transport.ts";
import { ByteReader, readBody, readHead } from "./wire.ts";

/** The text in pieces of the given size. */
async function* pieces(text: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function answer(text: string, size: number) {
  const reader = new ByteReader(pieces(text, size));
  const head = await readHead(reader);
  return { status: head.status, type: head.headers.get("content-type"), body: await readText(readBody(reader, head)) };
}

const answers: readonly (readonly [what: string, text: string, body: string])[] = [
  ["a counted body", "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 5\r\n\r\nhello more", "hello"],
  [
    "a chunked body",
    "HTTP/1.1 200 OK\r\ncontent-type:a/b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
    "hello",
  ],
  ["a body up to the end", "HTTP/1.0 200 OK\nContent-Type: a/b\n\nhello", "hello"],
  [
    "what follows 100 Continue",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 0\r\n\r\n",
    "",
  ],
];

for (const [what, text, body] of answers) {
  test(`readHead() and readBody() read ${what}, however it is cut`, async () => {
    for (const size of [1, 2, 7, 1000]) assert.deepEqual(await answer(text, size), { status: 200, type: "a/b", body });
  });
}

test("readBody() finds none behind 204 and 304", async () => {
  for (const status of [204, 304]) {
    assert.equal((await answer(`HTTP/1.1 ${status} X\r\nContent-Type: a/b\r\n\r\nrest`, 9)).body, "");
  }
});

const cut: readonly string[] = [
  "",
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
];

for (const text of cut) {
  test(`readBody() notices an answer that ends after ${text.length} characters`, async () => {
    await assert.rejects(answer(text, 4), { name: "CutShortError" });
  });
}

test("readHead() says what it got when it was no HTTP", async () => {
  await assert.rejects(answer("SSH-2.0-OpenSSH\r\n", 40), /not an answer of a daemon: "SSH-2.0-OpenSSH"/);
});

test("readFrames() gives back what was framed, however it is cut", async () => {
  const part = fc.record({ type: fc.constantFrom(1, 2), text: fc.string({ maxLength: 20 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(part), fc.integer({ min: 1, max: 30 }), async (parts, size) => {
      const framed = Buffer.concat(parts.map(({ type, text }) => frame(type, text)));
      const found = await Array.fromAsync(readFrames(pieces(framed, size)));
      assert.deepEqual(
        found.map(({ stream, bytes }) => ({ stream, text: bytes.toString() })),
        parts.map(({ type, text }) => ({
          stream: type === 1 ? "stdout" : "stderr",
          text: Buffer.from(text).toString(),
        })),
      );
    }),
  );
});

test("readFrames() notices a stream that ends inside a frame", async () => {
  await assert.rejects(Array.fromAsync(readFrames(pieces(frame(1, "hello").subarray(0, 10), 4))), {
    name: "CutShortError",
  });
});

test("readJsonLines() reads objects cut anywhere, characters of several bytes and long numbers among them", async () => {
  const text = '{"a":"ä€"}\n\n{"timeNano":1767323045678901234}\r\n{"last":true}';
  for (const size of [1, 3, 50]) {
    assert.deepEqual(await Array.fromAsync(readJsonLines(pieces(text, size))), [
      { a: "ä€" },
      { timeNano: 1767323045678901234n },
      { last: true },
    ]);
  }
});

function frame(type: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = type;
  head.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}
