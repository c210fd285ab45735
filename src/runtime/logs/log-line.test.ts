import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineJoiner } from "./line-joiner.ts";
import { LogLineReader } from "./log-line.ts";

const parseLogLine = (line: Buffer) => new LogLineReader().read(Buffer.concat([line, Buffer.from("\n")]))[0];

const time = "2026-01-02T03:04:05.123456789";

const cases = [
  { name: "a whole line", line: `${time}+00:00 stdout F hello`, says: `${time}Z stdout false hello` },
  { name: "a part", line: `${time}+00:00 stderr P hel`, says: `${time}Z stderr true hel` },
  { name: "an empty line", line: `${time}Z stdout F `, says: `${time}Z stdout false ` },
  {
    name: "another time zone",
    line: `${time}+02:00 stdout F x y`,
    says: "2026-01-02T01:04:05.123456789Z stdout false x y",
  },
];

for (const { name, line, says } of cases) {
  test(`parseLogLine() reads ${name}`, () => {
    const parsed = parseLogLine(Buffer.from(line));
    assert.ok(parsed);
    assert.equal(`${parsed.time} ${parsed.stream} ${parsed.partial} ${parsed.text.toString().trimEnd()}`, says);
  });
}

for (const line of [
  "",
  "x",
  `${time}+00:00`,
  `${time}+00:00 stdout X y`,
  `${time}+00:00 stdin F y`,
  "now stdout F y",
]) {
  test(`parseLogLine() refuses "${line}"`, () => {
    assert.equal(parseLogLine(Buffer.from(line)), undefined);
  });
}

test("LineJoiner and parseLogLine() keep every byte of both streams, however they are cut into parts", () => {
  const part = fc.record({
    stream: fc.constantFrom("stdout" as const, "stderr" as const),
    tag: fc.constantFrom("P", "F"),
    bytes: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10))),
  });
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const joiner = new LineJoiner();
      const entries = parts.flatMap(({ stream, tag, bytes }) => {
        const line = parseLogLine(Buffer.concat([Buffer.from(`${time}Z ${stream} ${tag} `), bytes]));
        return (line && joiner.push(line)) ?? [];
      });
      for (const wanted of ["stdout", "stderr"]) {
        const sent = parts.filter(({ stream }) => stream === wanted);
        const expected = sent.flatMap(({ tag, bytes }) => (tag === "F" ? [bytes, Buffer.from("\n")] : [bytes]));
        const got = entries.filter(({ stream }) => stream === wanted);
        const rest = sent.length > 0 ? Buffer.concat(expected).lastIndexOf(10) + 1 : 0;
        assert.deepEqual(Buffer.concat(got.map(({ bytes }) => bytes)), Buffer.concat(expected).subarray(0, rest));
      }
      const left = joiner.flush();
      assert.ok(left.every(({ bytes }) => !Buffer.from(bytes).includes(10)) && left.length <= 2);
    }),
  );
});

test("LineJoiner hands on an endless line in parts of bounded length", () => {
  const joiner = new LineJoiner();
  const line = { time, stream: "stdout", partial: true, text: Buffer.alloc(8192) } as const;
  const lengths = Array.from({ length: 32 }, () => joiner.push(line)?.bytes.length ?? 0).filter((length) => length > 0);
  assert.deepEqual(lengths, [65536, 65536, 65536, 65536]);
});
