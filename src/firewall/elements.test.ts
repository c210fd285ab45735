import assert from "node:assert/strict";
import { test } from "node:test";
import type { FirewallElement, FirewallSet } from "../contracts/firewall.ts";
import { addText, commentOf, deleteText, heldOf, idOf } from "./elements.ts";
import { parseTable } from "./listing.ts";

const element = (set: FirewallSet, key: string[], value?: string[]): FirewallElement => ({
  set,
  key,
  ...(value ? { value } : {}),
  owner: "network/1",
  why: "test",
});

const cases: [string, FirewallElement, string][] = [
  [
    "a bridge, and its hairpin pair",
    element("bridges", ["br-1"]),
    'add element inet t bridges { "br-1" comment "network/1|test" }\nadd element inet t hairpin { "br-1" . "br-1" comment "network/1|test" }\n',
  ],
  [
    "a subnet with its family",
    element("masquerade6", ["fd00::/64"]),
    'add element inet t masquerade6 { ip6 . fd00::/64 comment "network/1|test" }\n',
  ],
  [
    "a port on every IPv6 address, ::1 included",
    element("publish_any6", ["tcp", "80"], ["fd00::2", "8080"]),
    'add element inet t publish_any6 { 6 . 80 comment "network/1|test" : fd00::2 . 8080 }\nadd element inet t loopback6 { 6 . 80 comment "network/1|test" }\n',
  ],
  [
    "a port on another IPv6 address only",
    element("publish_at6", ["udp", "2001:db8::1", "80"], ["fd00::2", "8080"]),
    'add element inet t publish_at6 { 17 . 2001:db8::1 . 80 comment "network/1|test" : fd00::2 . 8080 }\n',
  ],
];
for (const [name, wanted, text] of cases) {
  test(`addText() writes ${name}`, () => assert.equal(addText("t", heldOf([wanted])), text));
}

test("deleteText() writes keys only, one command a set", () => {
  const two = [element("publish_any4", ["tcp", "1"], ["10.0.0.2", "1"]), element("publish_any4", ["tcp", "2"])];
  assert.equal(deleteText("t", heldOf(two)), "delete element inet t publish_any4 { 6 . 1, 6 . 2 }\n");
});

test("commentOf() fits nft's 127 bytes without cutting a character, and holds no quote", () => {
  assert.equal(commentOf({ owner: "a", why: 'b"c\\d\n' }), "a|b c d ");
  const long = commentOf({ owner: "x".repeat(72), why: "ü".repeat(60) });
  assert.equal(Buffer.byteLength(long), 127);
  assert.match(long, /^x{72}\|ü{27}$/);
  assert.equal(Buffer.byteLength(commentOf({ owner: "x".repeat(73), why: "ü".repeat(60) })), 126);
});

test("parseTable() reads what nft lists back into the same elements", () => {
  const wanted = heldOf([
    element("members4", ["10.0.0.1/32"]),
    element("publish_range6", ["sctp", "::/0", "1-9"], ["fd00::2"]),
  ]);
  const comment = "network/1|test";
  const { elements } = parseTable([
    { set: { name: "members4", elem: [{ elem: { val: { concat: ["ip", "10.0.0.1"] }, comment } }] } },
    {
      map: {
        name: "publish_range6",
        elem: [
          [
            { elem: { val: { concat: ["sctp", { prefix: { addr: "::", len: 0 } }, { range: [1, 9] }] }, comment } },
            "fd00::2",
          ],
        ],
      },
    },
    { set: { name: "loopback6_range", elem: [{ elem: { val: { concat: [132, { range: [1, 9] }] }, comment } }] } },
    { set: { name: "a_set_of_the_owners", elem: ["x"] } },
  ]);
  const inOrder = (list: typeof elements) => [...list].sort((a, b) => idOf(a).localeCompare(idOf(b)));
  assert.deepEqual(inOrder(elements), inOrder(wanted));
});
