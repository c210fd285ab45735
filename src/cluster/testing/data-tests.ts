import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ClusterStore, Write } from "../../contracts/cluster-store.ts";
import { another, found, freshStore, type Subject, values, withCode, write } from "./subject.ts";

/** get, list, txn, status. */
export function dataTests(subject: Subject): void {
  const name = `${subject.name}: `;

  test(`${name}get() and list() give what was put, with the revision of the last change`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    assert.equal(await store.get("a/one"), undefined);
    assert.deepEqual((await store.list("")).entries, []);
    const first = await write(store, { put: "a/one", value: "1" }, { put: "b", value: "" });
    const second = await write(store, { put: "a/one", value: "2" }, { put: "a/two", value: "3" });
    assert.ok(second > first);
    assert.deepEqual(await store.get("a/one"), { key: "a/one", value: "2", revision: second });
    const all = await store.list("");
    assert.deepEqual(all.entries, [
      { key: "a/one", value: "2", revision: second },
      { key: "a/two", value: "3", revision: second },
      { key: "b", value: "", revision: first },
    ]);
    assert.ok(all.revision >= second);
    assert.deepEqual(await values(store, "a/t"), { "a/two": "3" });
    await write(store, { delete: "a/one" }, { delete: "never/there" });
    assert.equal(await store.get("a/one"), undefined);
    assert.deepEqual(await values(store, "a/"), { "a/two": "3" });
  });

  test(`${name}what is below another prefix is another's`, async () => {
    await using mine = await freshStore(subject);
    await using other = await freshStore(subject);
    await write(mine.store, { put: "key", value: "mine" });
    assert.equal(await other.store.get("key"), undefined);
    await write(other.store, { put: "key", value: "other's" });
    assert.deepEqual(await values(mine.store), { key: "mine" });
  });

  test(`${name}txn() puts if absent, once`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    const claim = (value: string) => store.txn([{ key: "name", is: "absent" }], [{ put: "name", value }]);
    assert.equal((await claim("first")).done, true);
    assert.deepEqual(found(await claim("second")), { name: "first" });
    await write(store, { delete: "name" });
    assert.equal((await claim("third")).done, true);
    assert.deepEqual(await values(store), { name: "third" });
  });

  test(`${name}txn() changes what is present, or at a revision, only`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    assert.deepEqual(found(await store.txn([{ key: "a", is: "present" }], [{ put: "a", value: "1" }])), {});
    const first = await write(store, { put: "a", value: "1" });
    const kept = await store.txn([{ key: "a", is: "present" }], [{ put: "a", value: "2" }]);
    assert.ok(kept.done && kept.revision > first);
    assert.deepEqual(found(await store.txn([{ key: "a", revision: first }], [{ delete: "a" }])), { a: "2" });
    assert.equal((await store.txn([{ key: "a", revision: kept.revision }], [{ delete: "a" }])).done, true);
    assert.deepEqual(found(await store.txn([{ key: "a", revision: kept.revision }], [{ put: "a", value: "3" }])), {});
    assert.deepEqual(await values(store), {});
  });

  test(`${name}txn() carries out all of its writes or none`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    const revision = await write(store, { put: "a", value: "1" }, { put: "b", value: "1" });
    const refused = await store.txn(
      [
        { key: "a", revision },
        { key: "b", is: "absent" },
        { key: "c", is: "absent" },
      ],
      [{ put: "a", value: "2" }, { delete: "b" }, { put: "c", value: "2" }],
    );
    assert.deepEqual(refused, {
      done: false,
      found: [
        { key: "a", value: "1", revision },
        { key: "b", value: "1", revision },
      ],
    });
    assert.deepEqual(await values(store), { a: "1", b: "1" });
    const done = await store.txn([{ key: "a", revision }], [{ put: "a", value: "2" }, { delete: "b" }]);
    assert.equal(done.done, true);
    assert.deepEqual(await values(store), { a: "2" });
    assert.equal((await store.txn([{ key: "a", is: "present" }], [])).done, true);
  });

  test(`${name}counters that two clients raise by compare-and-swap lose nothing`, async () => {
    await using opened = await freshStore(subject);
    await using second = await another(subject, opened.prefix);
    await write(opened.store, { put: "counter", value: "0" });
    const clients = [opened.store, second.store, opened.store, second.store];
    await Promise.all(clients.map((store) => raise(store, 15)));
    assert.deepEqual(await values(opened.store), { counter: "60" });
  });

  test(`${name}list() is of one revision while writes go on, for 12,000 keys`, { timeout: 120_000 }, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    const keys = Array.from({ length: 12_000 }, (_, index) => `m/${String(index).padStart(5, "0")}`);
    await fill(store, keys);
    await using writer = startWriter(store);
    await using second = await another(subject, opened.prefix);
    for (let last = 0, lists = 0; lists < 5 || writer.rounds < 10; lists++) {
      const { entries, revision } = await second.store.list("");
      assert.deepEqual([entries.at(0)?.key, entries.at(-1)?.key, entries.length], ["a", "z", keys.length + 2]);
      assert.equal(entries.at(0)?.value, entries.at(-1)?.value);
      assert.ok(entries.every((entry) => entry.revision <= revision));
      assert.ok(revision >= last, "not linearizable: an older state after a newer one");
      last = revision;
      await nextTurn(); // a store in the process would leave the writer none
    }
  });

  test(`${name}keys and values keep every character, and keys their order`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    const texts = [
      "ä",
      "日本",
      "\u{1F6A2}",
      "\uFFFD",
      "\u{10FFFF}",
      "~",
      "a b",
      "%2F",
      "?#&",
      "é",
      "e\u0301",
      "\u0001",
    ];
    await write(store, ...texts.map((text) => ({ put: `u/${text}`, value: `${text}\u0000\n"\\${text}` })));
    const { entries } = await store.list("u/");
    const ascending = texts.map((text) => Buffer.from(text)).sort(Buffer.compare);
    assert.deepEqual(
      entries.map(({ key, value }) => [key, value]),
      ascending.map(String).map((text) => [`u/${text}`, `${text}\u0000\n"\\${text}`]),
    );
    assert.equal((await store.get("u/\u{1F6A2}"))?.value, '\u{1F6A2}\u0000\n"\\\u{1F6A2}');
    assert.deepEqual(Object.keys(await values(store, "u/\u{1F6A2}")), ["u/\u{1F6A2}"]);
  });

  test(`${name}the largest value and the largest transaction pass, larger ones change nothing`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    const { operations, valueBytes } = store.limits;
    const large = "é".repeat(Math.floor(valueBytes / 2));
    await write(store, { put: "large", value: large });
    assert.equal((await store.get("large"))?.value, large);
    await assert.rejects(write(store, { put: "large", value: `${large}ää` }), withCode("INVALID"));
    const many = (count: number): Write[] => Array.from({ length: count }, (_, n) => ({ put: `n/${n}`, value: "" }));
    await assert.rejects(write(store, ...many(operations + 1)), withCode("INVALID"));
    assert.deepEqual(await values(store, "n/"), {});
    await store.txn([{ key: "large", is: "present" }], many(operations - 1));
    assert.equal((await store.list("n/")).entries.length, operations - 1);
  });

  test(`${name}what cannot be a key or a transaction is refused and changes nothing`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    for (const key of ["", "/a", "a/", "a//b", "a\u0000", "\uD800"]) {
      await assert.rejects(write(store, { put: key, value: "" }), withCode("INVALID"), JSON.stringify(key));
      await assert.rejects(store.get(key), withCode("INVALID"), JSON.stringify(key));
    }
    await assert.rejects(write(store, { put: "a", value: "1" }, { delete: "a" }), withCode("INVALID"));
    await assert.rejects(write(store, { put: "a", value: "\uDC00" }), withCode("INVALID"));
    assert.deepEqual(await values(store), {});
  });

  test(`${name}status() says version, members, leader and revision`, async () => {
    await using opened = await freshStore(subject);
    const revision = await write(opened.store, { put: "a", value: "1" });
    const status = await opened.store.status();
    assert.match(status.version, /^(embedded|(etcd|consul) \d+[.]\d+[.]\d+)/);
    assert.equal(status.members.filter(({ leader }) => leader).length, 1);
    assert.ok(status.revision >= revision);
  });
}

/** Raises the counter `times` times by compare-and-swap. */
async function raise(store: ClusterStore, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const entry = await store.get("counter");
    assert.ok(entry);
    const result = await store.txn(
      [{ key: "counter", revision: entry.revision }],
      [{ put: "counter", value: `${Number(entry.value) + 1}` }],
    );
    if (result.done) done += 1;
  }
}

async function fill(store: ClusterStore, keys: readonly string[]): Promise<void> {
  const { operations } = store.limits;
  for (let from = 0; from < keys.length; from += operations) {
    await write(store, ...keys.slice(from, from + operations).map((key) => ({ put: key, value: "x".repeat(150) })));
  }
  await write(store, { put: "a", value: "start" }, { put: "z", value: "start" });
}

/** Writes the first key and the last in one transaction, again and again: in any state of the store they are equal. */
function startWriter(store: ClusterStore): AsyncDisposable & { rounds: number } {
  let writing = true;
  const run = async (): Promise<void> => {
    while (writing) {
      const value = `${++writer.rounds}`;
      await write(store, { put: "a", value }, { put: "z", value });
      await nextTurn();
    }
  };
  const stop = async (): Promise<void> => {
    writing = false;
    await done;
  };
  const writer = { rounds: 0, [Symbol.asyncDispose]: stop };
  const done = run();
  return writer;
}
