import assert from "node:assert/strict";
import { test } from "node:test";
import { isInterfaceName } from "./interface-name.ts";

const good = ["br0", "eth0", "a.b-c_d", "größe", "fifteen-bytes-x", "'"];
const bad = ["", "sixteen-bytes-xy", "größe-größe-gr", "a b", "a\tb", "a/b", "a:1", ".", "..", "all", "default"];
const misread = ["fl%d", 'q"', 'a","lo', "br*", "a\\b", "a\u0001b", "a\nb"];

for (const name of good) {
  test(`isInterfaceName() takes ${JSON.stringify(name)}`, () => assert.equal(isInterfaceName(name), true));
}
for (const name of [...bad, ...misread]) {
  test(`isInterfaceName() refuses ${JSON.stringify(name)}`, () => assert.equal(isInterfaceName(name), false));
}
