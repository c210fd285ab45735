import assert from "node:assert/strict";
import { test } from "node:test";
import { allVerbs } from "../main/all-verbs.ts";
import { helpText } from "./command/help.ts";
import { parse } from "./command/parse.ts";

const { verbs, spellings } = allVerbs;

for (const verb of verbs) {
  const command = await verb.load();

  test(`${verb.name}: the file's command has the name it is listed under`, () => {
    assert.equal(command.name, verb.name);
    assert.match(command.summary, /^[A-Z].*[^.]$/);
  });

  test(`${verb.name}: help shows usage and every example within 100 characters`, () => {
    const text = helpText(command, 100);
    assert.match(text, new RegExp(`^Usage: {2}fairlead ${verb.name}`));
    assert.ok(command.examples.length > 0, "no example");
    for (const example of command.examples) assert.ok(text.includes(`  fairlead ${example}`), example);
    assert.deepEqual(
      text.split("\n").filter((line) => line.length > 110),
      [],
    );
  });

  for (const example of command.examples) {
    test(`${verb.name}: its example parses: ${example}`, () => {
      const found = allVerbs.find(shellWords(example));
      assert.equal(found?.verb, verb);
      assert.ok(parse(command, found?.rest ?? []));
    });
  }
}

test("verbs: no spelling stands for two verbs", () => {
  assert.equal(
    spellings.length,
    verbs.reduce((count, { also }) => count + 1 + also.length, 0),
  );
});

test("VerbTable.find() takes two words before one", () => {
  assert.deepEqual(
    [["port", "web"], ["port", "add", "web"], ["network"], []].map((words) => {
      const found = allVerbs.find(words);
      return [found?.verb.name, found?.rest];
    }),
    [
      ["port", ["web"]],
      ["port add", ["web"]],
      [undefined, undefined],
      [undefined, undefined],
    ],
  );
});

/** Words as a shell splits them, as far as the examples quote. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
}
