import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canonicalReference,
  familiarReference,
  parseImageReference,
  tryParseImageReference,
  withTag,
} from "./image-reference.ts";

const digest = `sha256:${"0a".repeat(32)}`;

const good: readonly [text: string, canonical: string, familiar: string][] = [
  ["box", "docker.io/library/box:latest", "box:latest"],
  ["box:1.2", "docker.io/library/box:1.2", "box:1.2"],
  ["library/box", "docker.io/library/box:latest", "box:latest"],
  ["docker.io/box", "docker.io/library/box:latest", "box:latest"],
  ["index.docker.io/library/box", "docker.io/library/box:latest", "box:latest"],
  ["team/box", "docker.io/team/box:latest", "team/box:latest"],
  ["library/team/box", "docker.io/library/team/box:latest", "library/team/box:latest"],
  ["localhost/box", "localhost/box:latest", "localhost/box:latest"],
  ["localhost:5000/team/box:v1", "localhost:5000/team/box:v1", "localhost:5000/team/box:v1"],
  ["Registry.Example.test/a-b/c__d:T_1", "Registry.Example.test/a-b/c__d:T_1", "Registry.Example.test/a-b/c__d:T_1"],
  ["[fd00::1]:5000/x", "[fd00::1]:5000/x:latest", "[fd00::1]:5000/x:latest"],
  [`box@${digest}`, `docker.io/library/box@${digest}`, `box@${digest}`],
  [`box:1@${digest}`, `docker.io/library/box@${digest}`, `box@${digest}`],
];

for (const [text, canonical, familiar] of good) {
  test(`IMG-1 parseImageReference() brings "${text}" to "${canonical}", shown as "${familiar}"`, () => {
    const reference = withTag(parseImageReference(text));
    assert.deepEqual([canonicalReference(reference), familiarReference(reference)], [canonical, familiar]);
    assert.equal(canonicalReference(withTag(parseImageReference(familiar))), canonical);
  });
}

const bad = [
  ...["", ":", "Box", "a//b", "a/", "/a", "a b", "a:", "a:b:c", "-a", "a:-b", "../a", "a\n", "a@sha256:00"],
  ...["a".repeat(256), "0a".repeat(32), `a@md5:${"0".repeat(32)}`, "a/Box", "http://a/b", "[x]/b", "a\0"],
];

for (const text of bad) {
  test(`IMG-1 parseImageReference() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseImageReference(text), { code: "INVALID" });
    assert.equal(tryParseImageReference(text), undefined);
  });
}
