import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readEnvironment, readLabels } from "./environment.ts";

const directory = mkdtempSync(join(tmpdir(), "fairlead-cli-"));
after(() => rmSync(directory, { recursive: true }));

function file(text: string): string {
  const path = join(directory, String(Math.random()));
  writeFileSync(path, text);
  return path;
}

test("readEnvironment() takes files first, drops comments, and fills names from ours", () => {
  const path = file("# comment\n\n  A=1\r\nHOME\nNONE\nB=x y # z\n");
  assert.deepEqual(readEnvironment([path], ["C=3", "HOME", "NONE"], { HOME: "/root" }), [
    ...["A=1", "HOME=/root", "B=x y # z"],
    ...["C=3", "HOME=/root", "NONE"],
  ]);
});

for (const line of ["A B=1", "A =1"]) {
  test(`readEnvironment() refuses the line "${line}" and names where it is`, () => {
    const path = file(`OK=1\n${line}\n`);
    assert.throws(() => readEnvironment([path], [], {}), new RegExp(`'${line}' contains whitespaces, at ${path}:2`));
  });
}

test("readLabels() lets the last of a key win", () => {
  assert.deepEqual(readLabels([file("a=1\nb\n")], ["a=2", "c=d=e"]), { a: "2", b: "", c: "d=e" });
});
