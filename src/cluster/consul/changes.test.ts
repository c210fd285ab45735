import assert from "node:assert/strict";
import { test } from "node:test";
import type { News } from "../../contracts/cluster-store.ts";
import { Told } from "./changes.ts";
import type { Listing } from "./reader.ts";

const entry = (key: string, revision: number, value = "v") => ({ key, value, revision });
const listing = (index: number, ...entries: Listing["entries"]): Listing => ({ entries, index, headAt: 0 });

const before = listing(10, entry("a", 5), entry("b", 7));

const cases: { name: string; after: Listing; news: News | undefined }[] = [
  { name: "nothing of the same", after: listing(10, entry("a", 5), entry("b", 7)), news: undefined },
  { name: "nothing when only the index moved", after: listing(8, entry("a", 5), entry("b", 7)), news: undefined },
  {
    name: "puts and deletes",
    after: listing(12, entry("a", 12), entry("c", 11)),
    news: { kind: "changes", puts: [entry("a", 12), entry("c", 11)], deletes: ["b"], revision: 12 },
  },
  {
    name: "a snapshot when the store's index went back",
    after: listing(6, entry("a", 6)),
    news: { kind: "snapshot", entries: [entry("a", 6)], revision: 6 },
  },
  {
    name: "a snapshot when a change is older than what was told",
    after: listing(20, entry("a", 5, "other"), entry("b", 7)),
    news: { kind: "snapshot", entries: [entry("a", 5, "other"), entry("b", 7)], revision: 20 },
  },
];

for (const { name, after, news } of cases) {
  test(`Told.news() gives ${name}`, () => assert.deepEqual(new Told(before).news(after), news));
}
