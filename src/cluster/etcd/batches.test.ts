import assert from "node:assert/strict";
import { test } from "node:test";
import { Batches, type Event } from "./batches.ts";
import { changesOf } from "./follow.ts";
import { endOfPrefix, eventType } from "./protocol.ts";

const put = (key: string, mod_revision: number, value = `${mod_revision}`): Event => ({
  type: eventType.put,
  kv: { key: `r/${key}`, value, mod_revision },
});
const remove = (key: string, mod_revision: number): Event => ({
  type: eventType.delete,
  kv: { key: `r/${key}`, value: "", mod_revision },
});

test("Batches hold a revision back until the fragment after it shows that it is whole", () => {
  const batches = new Batches();
  const [a, b, c, d] = [put("a", 5), put("b", 6), put("c", 6), put("d", 7)];
  assert.deepEqual(batches.add({ events: [a, b], fragment: true }), [a]);
  assert.deepEqual(batches.add({ events: [c], fragment: true }), []);
  assert.deepEqual(batches.add({ events: [d], fragment: false }), [b, c, d]);
  assert.deepEqual(batches.add({ events: [], fragment: false }), []);
});

test("changesOf() keeps the last state of each key", () => {
  const events = [
    put("a", 5),
    put("b", 5),
    remove("a", 6),
    put("c", 7),
    remove("d", 7),
    put("d", 8),
    put("c", 9, "last"),
  ];
  assert.deepEqual(changesOf(events, "r/"), {
    kind: "changes",
    puts: [
      { key: "b", value: "5", revision: 5 },
      { key: "c", value: "last", revision: 9 },
      { key: "d", value: "8", revision: 8 },
    ],
    deletes: ["a"],
    revision: 9,
  });
  assert.equal(changesOf([], "r/"), undefined);
});

test("endOfPrefix() is the first key after all that begin with the prefix", () => {
  for (const prefix of ["fairlead/", "a", "é", "\u00ff", "\uffff", "\u{10ffff}"]) {
    const end = endOfPrefix(prefix);
    const last = Buffer.concat([Buffer.from(prefix), Buffer.alloc(9, 0xff)]);
    assert.ok(Buffer.compare(Buffer.from(prefix), end) < 0, prefix);
    assert.ok(Buffer.compare(last, end) < 0, prefix);
  }
});
