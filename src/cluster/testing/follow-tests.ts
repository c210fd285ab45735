import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterStore, Write } from "../../contracts/cluster-store.ts";
import { Follower } from "./follower.ts";
import { another, freshStore, type Subject, values, write } from "./subject.ts";

/** follow() while the store is there. */
export function followTests(subject: Subject): void {
  const name = `${subject.name}: `;

  test(`${name}follow() tells all there is, then the changes, without gap or duplicate`, async () => {
    await using opened = await freshStore(subject);
    await using second = await another(subject, opened.prefix);
    await write(opened.store, { put: "f/0", value: "before" }, { put: "g", value: "not below" });
    const busy = churn(opened.store, 100); // from before the snapshot until after it
    using follower = new Follower(second.store, "f/");
    await busy;
    await churn(opened.store, 200);
    await write(opened.store, { put: "f/end", value: "end" });
    await follower.untilValue("f/end", "end");
    assert.deepEqual(follower.values(), await values(opened.store, "f/"));
    assert.deepEqual(
      [...follower.model.values()].map(({ key, revision }) => [key, revision]).sort(),
      await revisions(opened.store),
    );
    assert.deepEqual(
      follower.kinds.filter((kind) => kind !== "changes"),
      ["snapshot"],
    );
  });

  test(`${name}follow() tells the changes of a transaction at once, deletes too`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    await write(store, { put: "old", value: "1" });
    using follower = new Follower(store, "");
    await follower.untilValue("old", "1");
    const revision = await write(store, { put: "a", value: "1" }, { put: "b", value: "2" }, { delete: "old" });
    await follower.untilValue("a", "1");
    assert.deepEqual(follower.news.slice(1), [
      {
        kind: "changes",
        puts: [
          { key: "a", value: "1", revision },
          { key: "b", value: "2", revision },
        ],
        deletes: ["old"],
        revision,
      },
    ]);
  });

  test(`${name}follow() of what is empty begins with an empty snapshot`, async () => {
    await using opened = await freshStore(subject);
    using follower = new Follower(opened.store, "nothing/");
    await follower.until(({ news }) => news.length > 0);
    assert.deepEqual(follower.kinds, ["snapshot"]);
    assert.deepEqual(follower.values(), {});
    await write(opened.store, { put: "nothing/more", value: "1" });
    await follower.untilValue("nothing/more", "1");
    await write(opened.store, { delete: "nothing/more" });
    await follower.untilValue("nothing/more", undefined);
  });

  test(`${name}follow() ends with its signal, others go on`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    using first = new Follower(store, "");
    using second = new Follower(store, "");
    await Promise.all([first.untilSnapshot(), second.untilSnapshot()]);
    await write(store, { put: "a", value: "1" });
    await Promise.all([first.untilValue("a", "1"), second.untilValue("a", "1")]);
    first[Symbol.dispose]();
    await write(store, { put: "a", value: "2" });
    await second.untilValue("a", "2");
    await first.untilValue("a", "1"); // and not "2": its follower would have failed
  });

  test(`${name}follow() tells all anew when the follower failed on a change`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    const told: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const ended = new AbortController();
    store.follow(
      "",
      (news) => {
        told.push(news.kind);
        if (told.length === 2) throw new Error("a mistake in the follower");
        if (told.length === 3) resolve();
      },
      ended.signal,
    );
    while (told.length === 0) await write(store, { put: "a", value: "before the snapshot" });
    await write(store, { put: "a", value: "1" });
    await promise;
    ended.abort();
    assert.deepEqual([told[0], told[2]], ["snapshot", "snapshot"]);
  });

  test(`${name}follow() brings large values`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    const value = "x".repeat(store.limits.valueBytes);
    using follower = new Follower(store, "");
    await follower.untilSnapshot();
    for (const key of ["a", "b", "c", "d", "e"]) await write(store, { put: key, value });
    await follower.untilValue("e", value);
    assert.deepEqual([...follower.model.keys()].sort(), ["a", "b", "c", "d", "e"]);
  });
}

/** Puts and deletes ten keys in transactions of three, in an order that repeats. */
async function churn(store: ClusterStore, transactions: number): Promise<void> {
  for (let n = 0; n < transactions; n++) {
    const keys = [n % 10, (n * 7 + 1) % 10, (n * 3 + 2) % 10].map((key) => `f/${key}`);
    const writes = [...new Set(keys)].map(
      (key, index): Write => ((n + index) % 4 === 0 ? { delete: key } : { put: key, value: `${n}` }),
    );
    await write(store, ...writes);
  }
}

async function revisions(store: ClusterStore): Promise<[string, number][]> {
  return (await store.list("f/")).entries.map(({ key, revision }): [string, number] => [key, revision]).sort();
}
