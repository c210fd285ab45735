import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Follower } from "./follower.ts";
import { another, freshStore, type Subject, values, withCode, write } from "./subject.ts";

/** What happens while the server is dead, and after it came back. */
export function outageTests(subject: Subject): void {
  const { server, leaseSeconds } = subject;
  if (!server) return;
  const name = `${subject.name}: `;
  const options = { timeout: 120_000 };

  test(`${name}every call fails with STORE_AWAY while the store is dead, and works again after`, options, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    await write(store, { put: "a", value: "1" });
    await server.kill();
    const calls = {
      get: () => store.get("a"),
      list: () => store.list(""),
      txn: () => write(store, { put: "a", value: "2" }),
      grant: () => store.grant(leaseSeconds),
      status: () => store.status(),
    };
    for (const [call, body] of Object.entries(calls)) await assert.rejects(body(), withCode("STORE_AWAY"), call);
    await server.start();
    assert.deepEqual(await values(store), { a: "1" });
    await write(store, { put: "a", value: "3" });
    assert.equal((await store.get("a"))?.value, "3");
  });

  test(`${name}a client that is opened while the store is dead works once it is there`, options, async () => {
    await using opened = await freshStore(subject);
    await write(opened.store, { put: "a", value: "1" });
    await server.kill();
    await using late = await another(subject, opened.prefix);
    using follower = new Follower(late.store, "");
    await follower.until(({ kinds }) => kinds.includes("away"));
    await server.start();
    await follower.untilValue("a", "1");
    assert.deepEqual(follower.kinds, ["away", "snapshot"]);
  });

  test(`${name}follow() misses nothing when the store was killed and came back`, options, async () => {
    await using opened = await freshStore(subject);
    await using second = await another(subject, opened.prefix);
    using follower = new Follower(second.store, "");
    await write(opened.store, { put: "kept", value: "1" }, { put: "gone", value: "1" });
    await follower.untilValue("gone", "1");
    for (const round of ["1", "2", "3"]) {
      const { length } = follower.news;
      await server.kill();
      await follower.until(({ kinds }) => kinds.includes("away", length));
      await server.start();
      await write(
        opened.store,
        { put: "kept", value: round },
        { put: `new/${round}`, value: round },
        { delete: "gone" },
      );
      await follower.untilValue(`new/${round}`, round);
      const after = follower.kinds.slice(follower.kinds.indexOf("away", length) + 1);
      assert.match(after[0] ?? "", /^(back|snapshot)$/);
    }
    assert.deepEqual(follower.values(), await values(opened.store));
    assert.deepEqual(follower.values(), { kept: "3", "new/1": "1", "new/2": "2", "new/3": "3" });
  });

  test(`${name}what was acknowledged before the kill is there after it`, options, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    const acknowledged: string[] = [];
    const writer = (async () => {
      for (let n = 0; ; n++) {
        try {
          await write(store, { put: `w/${n}`, value: "" });
        } catch (error) {
          assert.ok(withCode("STORE_AWAY")(error), String(error));
          return;
        }
        acknowledged.push(`w/${n}`);
      }
    })();
    while (acknowledged.length < 50) await pause(5);
    await server.kill();
    await writer;
    await server.start();
    const there = new Set(Object.keys(await values(store, "w/")));
    assert.deepEqual(
      acknowledged.filter((key) => !there.has(key)),
      [],
    );
  });

  test(`${name}a lease outlives a short outage, or is said to be lost`, options, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    const lease = await store.grant(Math.max(leaseSeconds, 20));
    await write(store, { put: "alive", value: "1", lease });
    await server.kill();
    await server.start();
    const again = performance.now();
    let lost = false;
    const told = lease.lost.then(() => (lost = true));
    while (!lost && lease.renewedAt < again) await Promise.race([pause(50), told]);
    assert.equal((await store.get("alive")) === undefined, lost);
    await lease.revoke();
    assert.equal(await store.get("alive"), undefined);
  });

  test(`${name}a lease whose store stays dead is lost by the holder's own clock`, options, async () => {
    await using opened = await freshStore(subject);
    const lease = await opened.store.grant(leaseSeconds);
    await server.kill();
    await lease.lost;
    assert.ok(performance.now() - lease.renewedAt >= leaseSeconds * 1000);
    await lease.revoke(); // best effort: nobody answers
    await server.start();
  });
}
