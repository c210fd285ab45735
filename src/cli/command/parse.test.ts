import assert from "node:assert/strict";
import { test } from "node:test";
import { any, many, one } from "./arguments.ts";
import { command } from "./command.ts";
import { commaList, filters, flag, integer, list, pairs, text } from "./options.ts";
import { HelpWanted, parse } from "./parse.ts";

const options = {
  all: flag({ short: "a", about: "" }),
  noTrunc: flag({ about: "" }),
  publish: list({ short: "p", also: ["pub"], about: "" }),
  alias: commaList({ about: "" }),
  name: text({ short: "n", default: "none", about: "" }),
  priority: integer({ about: "" }),
  label: pairs({ about: "" }),
  filter: filters(),
};
const plain = command({
  name: "thing do",
  summary: "",
  args: { first: one(""), rest: any("") },
  options,
  examples: [],
  async run() {},
});
const taking = command({
  name: "thing run",
  summary: "",
  args: { words: any("") },
  options,
  takesCommand: true,
  examples: [],
  async run() {},
});
const several = command({ name: "thing rm", summary: "", args: { name: many("") }, examples: [], async run() {} });

const nothing = {
  all: false,
  noTrunc: false,
  publish: [],
  alias: [],
  name: "none",
  priority: undefined,
  label: {},
  filter: {},
};

const cases: readonly (readonly [line: string, given: object, rest?: string[]])[] = [
  ["x", {}],
  ["-a x", { all: true }],
  ["x --all", { all: true }],
  ["--all=false x", {}],
  ["--no-trunc x", { noTrunc: true }],
  ["--no-trunc=false x", {}],
  ["-p 80 -p81 -p=82 --publish 83 --publish=84 --pub 85 x", { publish: ["80", "81", "82", "83", "84", "85"] }],
  ["-ap 80 x", { all: true, publish: ["80"] }],
  ["-ap80 x", { all: true, publish: ["80"] }],
  ["--alias a,b --alias c x", { alias: ["a", "b", "c"] }],
  ["--name a --name b x", { name: "b" }],
  ["--name= x", { name: "" }],
  ["--name --all x", { name: "--all" }],
  ["--priority -5 x", { priority: -5 }],
  ["--label a=b --label c --label d=e=f x", { label: { a: "b", c: "", d: "e=f" } }],
  ["-f a=b --filter a=c --filter d=e=f x", { filter: { a: ["b", "c"], d: ["e=f"] } }],
  ["x -- --all -p", {}, ["--all", "-p"]],
  ["x - y", {}, ["-", "y"]],
];

for (const [line, given, rest = []] of cases) {
  test(`parse() reads ${line}`, () => {
    assert.deepEqual(parse(plain, line.split(" ")), { args: { first: "x", rest }, options: { ...nothing, ...given } });
  });
}

const commands: readonly (readonly [line: string, given: object, words: string[]])[] = [
  ["-a img ls -a --name b", { all: true }, ["img", "ls", "-a", "--name", "b"]],
  ["-a -- img ls", { all: true }, ["img", "ls"]],
  ["img -- ls", {}, ["img", "--", "ls"]],
  ["img --all=false -p=1", {}, ["img", "--all=false", "-p=1"]],
  ["--name img img", { name: "img" }, ["img"]],
];

for (const [line, given, words] of commands) {
  test(`parse() leaves the container's command alone: ${line}`, () => {
    assert.deepEqual(parse(taking, line.split(" ")), { args: { words }, options: { ...nothing, ...given } });
  });
}

const wrong: readonly (readonly [line: string, exitCode: number, message: RegExp])[] = [
  [
    "--nonsense x",
    125,
    /unknown option '--nonsense'[\s\S]*Usage: {2}fairlead thing do \[OPTIONS\] FIRST \[REST\.\.\.\]/,
  ],
  ["--al x", 125, /Did you mean/],
  ["--all=maybe x", 125, /invalid argument "maybe" for "--all" flag/],
  ["--priority soon x", 125, /invalid argument "soon" for "--priority" flag: it is not a whole number/],
  ["-f nonsense x", 125, /invalid argument "nonsense" for "-f, --filter" flag/],
  ["x --name", 125, /argument missing/],
  ["", 1, /missing required argument 'first'/],
];

for (const [line, exitCode, message] of wrong) {
  test(`parse() refuses "${line}" with exit code ${exitCode}`, () => {
    assert.throws(() => parse(plain, line.split(" ").filter(Boolean)), { exitCode, message });
  });
}

test("parse() wants at least one of many", () => {
  assert.throws(() => parse(several, []), { exitCode: 1 });
  assert.deepEqual(parse(several, ["a", "b"]).args, { name: ["a", "b"] });
});

test("parse() says that help is wanted, but not when it is the container's", () => {
  assert.throws(() => parse(plain, ["x", "--help"]), HelpWanted);
  assert.deepEqual(parse(taking, ["img", "--help"]).args, { words: ["img", "--help"] });
});
