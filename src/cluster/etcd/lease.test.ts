import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { silentLog } from "../../base/log.ts";
import { EtcdLease } from "./lease.ts";
import { methods } from "./protocol.ts";
import type { Stream, Transport } from "./transport.ts";

/** A transport on which nothing happens before the test says so. */
class Slow {
  readonly opening = Promise.withResolvers<void>();
  readonly sent: unknown[] = [];
  readonly called: string[] = [];
  readonly closed = Promise.withResolvers<void>();

  call: Transport["call"] = async (method) => {
    this.called.push(method.path);
    return {} as never;
  };

  open: Transport["open"] = async <Q, S>() => {
    await this.opening.promise;
    const { sent, closed } = this;
    const stream: Stream<Q, S> = {
      send: (request) => sent.push(request),
      close: () => closed.resolve(),
      fail: (failure) => failure,
      [Symbol.asyncIterator]: () => ({ next: () => closed.promise.then(() => ({ done: true, value: undefined })) }),
    };
    return stream;
  };
}

const lease = (transport: Slow, ttlMs: number): EtcdLease =>
  new EtcdLease(transport, { id: 7, ttlMs, sentAt: performance.now(), log: silentLog });

test("EtcdLease: a stream that opens after the lease is lost is closed, and keeps nothing alive", async () => {
  const transport = new Slow();
  await lease(transport, 20).lost;
  transport.opening.resolve();
  await transport.closed.promise;
  assert.deepEqual(transport.sent, []);
});

test("EtcdLease.revoke() tells the store once, also when the lease is lost by our clock: it may keep the keys longer", async () => {
  const transport = new Slow();
  const lost = lease(transport, 20);
  await lost.lost;
  await Promise.all([lost.revoke(), lost.revoke()]);
  assert.deepEqual(transport.called, [methods.leaseRevoke.path]);
});

test("EtcdLease.revoke() of a lease that is held ends it once the store has it back", async () => {
  const transport = new Slow();
  const held = lease(transport, 60_000);
  await held.revoke();
  await held.lost;
  await held.revoke();
  assert.deepEqual(transport.called, [methods.leaseRevoke.path]);
});
