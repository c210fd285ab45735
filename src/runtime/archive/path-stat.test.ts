import assert from "node:assert/strict";
import { test } from "node:test";
import { absolutePath, goMode } from "./path-stat.ts";

const paths: Readonly<Record<string, string>> = {
  "/": "/",
  "/.": "/.",
  ".": "/.",
  "etc/passwd": "/etc/passwd",
  "/etc//x/../passwd": "/etc/passwd",
  "/../../etc": "/etc",
  "/link/": "/link/",
  "/dir/.": "/dir/.",
  "./": "/.",
  "/./": "/.",
  "dir/./": "/dir/.",
  "/dir/..": "/",
  "/a.": "/a.",
};

for (const [path, expected] of Object.entries(paths)) {
  test(`absolutePath() makes ${expected} of ${path}`, () => assert.equal(absolutePath(path), expected));
}

/** As Go's package io/fs numbers them: fs.ModeDir|0o755 and so on. */
const modes: readonly (readonly [string, number, number])[] = [
  ["a file", 0o100644, 0o644],
  ["a directory", 0o040755, 2147484141],
  ["a sticky directory", 0o041777, 2148532735],
  ["a link", 0o120777, 134218239],
  ["a set-user-id file", 0o104755, 8389101],
  ["a set-group-id file", 0o102755, 4194797],
  ["a FIFO", 0o010600, 33554816],
  ["a socket", 0o140600, 16777600],
  ["a block device", 0o060600, 67109248],
  ["a character device", 0o020600, 69206400],
];

for (const [name, mode, expected] of modes) {
  test(`goMode() numbers ${name}`, () => assert.equal(goMode(mode), expected));
}
