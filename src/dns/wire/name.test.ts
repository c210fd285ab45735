import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DnsFormatError } from "./error.ts";
import { decodeName, encodeName, keyWithoutSuffix, nameKey } from "./name.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

const decoded = [
  { what: "the root", bytes: "00", at: 0, name: ".", end: 1 },
  { what: "two labels", bytes: "03776562 046e657431 00", at: 0, name: "web.net1.", end: 10 },
  { what: "a pointer, ending after it", bytes: "03776562 00 0177 c000 ff", at: 5, name: "w.web.", end: 9 },
  { what: "odd octets as escapes", bytes: "03 2e5c00 00", at: 0, name: "\\.\\\\\\000.", end: 5 },
];
for (const { what, bytes, at, name, end } of decoded)
  test(`decodeName() reads ${what}`, () => assert.deepEqual(decodeName(hex(bytes), at), { name, end }));

const malformed = [
  { what: "a pointer to itself", bytes: "c000" },
  { what: "a pointer forwards", bytes: "c00400000161 00" },
  { what: "pointers in a circle", bytes: "0161 c004 0162 c000", at: 4 },
  { what: "a label of a reserved kind", bytes: "40 61" },
  { what: "a label past the end", bytes: "05 6162" },
  { what: "no end", bytes: "0161" },
  { what: "half a pointer", bytes: "0161 c0" },
  {
    what: "more than 255 octets",
    bytes: `${`3f${"61".repeat(63)}`.repeat(4)}00`,
  },
];
for (const { what, bytes, at = 0 } of malformed)
  test(`decodeName() refuses ${what}`, () => assert.throws(() => decodeName(hex(bytes), at), DnsFormatError));

test("decodeName() ends on any octets, from anywhere, with a name or its own error", () => {
  const pointerRich = fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0xc0, 0, 1, 2, 3)), { maxLength: 400 });
  fc.assert(
    fc.property(pointerRich, fc.nat(400), (octets, at) => {
      try {
        decodeName(Uint8Array.from(octets), at);
      } catch (error) {
        assert.ok(error instanceof DnsFormatError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

test("encodeName() is undone by decodeName() for every name", () => {
  const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
  fc.assert(
    fc.property(fc.array(label, { maxLength: 3 }), (labels) => {
      const bytes = Uint8Array.from([...labels.flatMap((octets) => [octets.length, ...octets]), 0]);
      const { name } = decodeName(bytes, 0);
      assert.deepEqual(encodeName(name), bytes);
    }),
  );
});

for (const name of ["a..b", ".a", "a".repeat(64), `${"a".repeat(63)}.`.repeat(4), "日本"])
  test(`encodeName() refuses ${JSON.stringify(name.slice(0, 12))} (${name.length} characters)`, () =>
    assert.throws(() => encodeName(name), DnsFormatError));

test("nameKey() is the same for every case and with or without the final dot", () => {
  assert.deepEqual(["Web.Net1", "WEB.NET1.", "web.net1"].map(nameKey), Array(3).fill("\x03web\x04net1\0"));
});

test("nameKey() is undefined for text that is no name", () => assert.equal(nameKey("a..b"), undefined));

test("keyWithoutSuffix() cuts at the edge of a label only", () => {
  const net = nameKey("net1") as string;
  assert.equal(keyWithoutSuffix(nameKey("web.net1") as string, net), nameKey("web"));
  assert.equal(keyWithoutSuffix(nameKey("net1") as string, net), undefined);
  assert.equal(keyWithoutSuffix(nameKey("web.net2") as string, net), undefined);
  assert.equal(keyWithoutSuffix("\x06a\x04net1\0", net), undefined); // one label that happens to contain the suffix
});
