import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Lease } from "../../contracts/cluster-store.ts";
import { Follower } from "./follower.ts";
import { startHolder } from "./holder-process.ts";
import { another, freshStore, type Subject, values, withCode, write } from "./subject.ts";

/** grant() and what becomes of the keys. */
export function leaseTests(subject: Subject): void {
  const name = `${subject.name}: `;
  const { leaseSeconds, address } = subject;

  test(`${name}revoke() removes the keys of a lease, and only those`, async () => {
    await using opened = await freshStore(subject);
    await using second = await another(subject, opened.prefix);
    const { store } = opened;
    using follower = new Follower(second.store, "");
    const [lease, other] = [await store.grant(leaseSeconds), await store.grant(leaseSeconds)];
    await write(store, { put: "a", value: "1", lease }, { put: "b", value: "1", lease }, { put: "c", value: "1" });
    await write(store, { put: "d", value: "1", lease: other });
    await follower.untilValue("d", "1");
    await lease.revoke();
    await lease.lost;
    await follower.until(({ model }) => !model.has("a") && !model.has("b"));
    assert.deepEqual(await values(store), { c: "1", d: "1" });
    await lease.revoke();
    await other.revoke();
    assert.deepEqual(await values(store), { c: "1" });
  });

  test(`${name}a key put anew without the lease, or with another, leaves it`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    const [lease, other] = [await store.grant(leaseSeconds), await store.grant(leaseSeconds)];
    await write(
      store,
      { put: "a", value: "1", lease },
      { put: "b", value: "1", lease },
      { put: "c", value: "1", lease },
    );
    await write(store, { put: "a", value: "2" });
    await write(store, { put: "b", value: "2", lease: other });
    await lease.revoke();
    assert.deepEqual(await values(store), { a: "2", b: "2" });
    await other.revoke();
    assert.deepEqual(await values(store), { a: "2" });
  });

  test(`${name}a put under a lease that is gone is refused and writes nothing`, async () => {
    await using opened = await freshStore(subject);
    const { store } = opened;
    const lease = await store.grant(leaseSeconds);
    await lease.revoke();
    const writes = [
      { put: "a", value: "1" },
      { put: "b", value: "1", lease },
    ] as const;
    await assert.rejects(store.txn([], writes), withCode("STORE_REFUSED"));
    assert.deepEqual(await values(store), {});
  });

  test(`${name}a lease keeps itself alive well beyond its time`, { timeout: 120_000 }, async () => {
    await using opened = await freshStore(subject);
    await using second = await another(subject, opened.prefix);
    const began = performance.now();
    const lease = await opened.store.grant(leaseSeconds);
    assert.ok(lease.renewedAt >= began && lease.renewedAt <= performance.now());
    await write(opened.store, { put: "alive", value: "1", lease });
    using follower = new Follower(second.store, "");
    await renewedSince(lease, began + 3 * leaseSeconds * 1000);
    assert.ok(lease.renewedAt <= performance.now());
    await follower.untilValue("alive", "1");
    assert.deepEqual(
      follower.news.filter((news) => news.kind === "changes" && news.deletes.length > 0),
      [],
    );
    await lease.revoke();
  });

  if (address === undefined) return;

  test(`${name}the keys of a lease go when its holder was killed`, { timeout: 120_000 }, async () => {
    await using opened = await freshStore(subject);
    using follower = new Follower(opened.store, "");
    await using holder = await startHolder(address(opened.prefix), leaseSeconds);
    await follower.untilValue("held", "1");
    await holder.crash();
    await follower.untilValue("held", undefined);
  });

  test(`${name}a holder that stood still beyond the lease's time finds it lost`, { timeout: 120_000 }, async () => {
    await using opened = await freshStore(subject);
    using follower = new Follower(opened.store, "");
    await using holder = await startHolder(address(opened.prefix), leaseSeconds);
    await follower.untilValue("held", "1");
    holder.kill("SIGSTOP");
    await follower.untilValue("held", undefined);
    holder.kill("SIGCONT");
    assert.match(await holder.line(), /^lost after [\d.]+ ms$/);
    assert.equal(await opened.store.get("held"), undefined);
  });
}

/** Waits until a keep-alive that was sent after `time` was answered. */
export async function renewedSince(lease: Lease, time: number): Promise<void> {
  const lost = lease.lost.then(() => assert.fail("the lease is lost"));
  while (lease.renewedAt < time) await Promise.race([pause(50), lost]);
}
