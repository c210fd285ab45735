import assert from "node:assert/strict";
import { test } from "node:test";
import { HealthMonitors } from "./monitors.ts";

test("stop() waits for the container's own probe, not for the slot that it would get", async () => {
  using monitors = new HealthMonitors();
  const busy = Array.from({ length: 8 }, (_, at) => ({ id: `busy${at}`, end: Promise.withResolvers<undefined>() }));
  const begun = busy.map(({ id, end }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const probe = async () => {
      resolve();
      return end.promise;
    };
    monitors.start(id, { firstInMs: 0, probe });
    return promise;
  });
  await Promise.all(begun);
  let probes = 0;
  const probe = async () => {
    probes += 1;
    return undefined;
  };
  monitors.start("web", { firstInMs: 0, probe });
  await new Promise((resolve) => setTimeout(resolve, 0)); // timers of one length end in their order: it is due
  let isFree = false;
  const freed = new Promise<void>((resolve) =>
    setImmediate(() => {
      isFree = true;
      for (const { end } of busy) end.resolve(undefined);
      resolve();
    }),
  );
  await monitors.stop("web");
  assert.equal(isFree, false);
  await freed;
  await Promise.all(busy.map(({ id }) => monitors.stop(id)));
  assert.equal(probes, 0);
});
