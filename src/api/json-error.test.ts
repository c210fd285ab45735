import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonError } from "./json-error.ts";

const cases: readonly [text: string, says: string][] = [
  ["{invalid json", "invalid character 'i' looking for beginning of object key string"],
  ["nonsense", "invalid character 'o' in literal null (expecting 'u')"],
  ["<xml>", "invalid character '<' looking for beginning of value"],
  ["é", "invalid character 'é' looking for beginning of value"],
  ["{'a': 1}", "invalid character '\\'' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a": 1 "b": 2}', "invalid character '\"' after object key:value pair"],
  ['{"a": [1 2]}', "invalid character '2' after array element"],
  ['{"a": [1,]}', "invalid character ']' looking for beginning of value"],
  ['{"a": 1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a": "\n"}', "invalid character '\\n' in string literal"],
  ['{"a": "\\x"}', "invalid character 'x' in string escape code"],
  ['{"a": "\\u12z4"}', "invalid character 'z' in \\u hexadecimal character escape"],
  ['{"a": -}', "invalid character '}' in numeric literal"],
  ['{"a": 1.}', "invalid character '}' after decimal point in numeric literal"],
  ['{"a": 1e+}', "invalid character '}' in exponent of numeric literal"],
  ['{"a": 012}', "invalid character '1' after object key:value pair"],
  ['{"a": tru}', "invalid character '}' in literal true (expecting 'e')"],
  ["{} trailing content", "unexpected content after JSON"],
  ['{"a": [{}, []], "b": "\\"\\u00e9", "c": -1.5e3, "d": null}]', "unexpected content after JSON"],
  ["{", "unexpected EOF"],
  ['{"a": "b', "unexpected EOF"],
  ['{"a": "b\\', "unexpected EOF"],
  ['{"a": 1.', "unexpected EOF"],
  [" ", "unexpected EOF"],
];

for (const [text, says] of cases) {
  test(`jsonError() of ${JSON.stringify(text)}`, () => {
    assert.throws(() => JSON.parse(text), SyntaxError);
    assert.equal(jsonError(text), says);
  });
}

for (const [what, piece] of Object.entries({ letters: "ab", escapes: "\\n", both: "a\\n", numbers: "\\u00e9" })) {
  test(`jsonError() goes through a string of 16 MB, of ${what}`, () => {
    const long = piece.repeat((16 << 20) / piece.length);
    assert.equal(jsonError(`{"a": "${long}" 1`), "invalid character '1' after object key:value pair");
    assert.equal(jsonError(`"${long}\n`), "invalid character '\\n' in string literal");
  });
}

test("jsonError() goes through deep nesting without recursion", () => {
  assert.equal(jsonError("[".repeat(1_000_000)), "unexpected EOF");
});
