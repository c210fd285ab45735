import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTable, shorten } from "./table.ts";

const rows = [
  ["NETWORK ID", "NAME", "DRIVER"],
  ["0123456789ab", "a-very-long-network-name-indeed", "bridge"],
  ["ba9876543210", "b", "host"],
];
const free = { width: undefined, noTrunc: false };

test("formatTable() pads cells to docker's widths and leaves the last column alone", () => {
  assert.equal(
    formatTable(
      [
        ["A", "B"],
        ["1", "2"],
      ],
      free,
    ),
    "A         B\n1         2\n",
  );
});

test("formatTable() never shortens what does not go to a terminal", () => {
  assert.match(formatTable(rows, free), /a-very-long-network-name-indeed/);
});

test("formatTable() shortens the widest column until lines fit the terminal", () => {
  const lines = formatTable(rows, { width: 40, noTrunc: false }).split("\n");
  assert.deepEqual(lines.slice(0, 3), [
    "NETWORK ID     NAME               DRIVER",
    "0123456789ab   a-very-long-net…   bridge",
    "ba9876543210   b                  host",
  ]);
});

for (const width of [20, 30, 40, 60, 80]) {
  test(`formatTable() keeps headers whole and lines within ${width}, or within what the headers need`, () => {
    const lines = formatTable(rows, { width, noTrunc: false }).trimEnd().split("\n");
    const needed = Math.max(width, "NETWORK ID NAME DRIVER".length);
    assert.deepEqual(
      lines.filter((line) => line.length > needed),
      [],
    );
    assert.match(lines[0] ?? "", /^NETWORK ID +NAME +DRIVER$/);
  });
}

test("formatTable() shortens nothing with --no-trunc", () => {
  assert.equal(formatTable(rows, { width: 20, noTrunc: true }), formatTable(rows, free));
});

test("shorten() counts characters, not UTF-16 units", () => {
  assert.deepEqual([shorten("😀😀😀", 3), shorten("😀😀😀", 2), shorten("abc", 1)], ["😀😀😀", "😀…", "a"]);
});
