import assert from "node:assert/strict";
import { test } from "node:test";
import { Admission } from "./admission.ts";
import { Cache } from "./cache.ts";
import { Health } from "./health.ts";
import type { UpstreamReply } from "./upstream-reply.ts";

const reply = (keepSeconds: number, octets = 100): UpstreamReply => {
  return { bytes: Buffer.alloc(octets), rcode: 0, truncated: false, ttlsAt: [], keepSeconds };
};
const clock = () => {
  const time = { ms: 1_000_000 };
  return { time, now: () => time.ms };
};

test("Cache keeps an answer for its seconds, and says how old it is", () => {
  const { time, now } = clock();
  const cache = new Cache(now);
  cache.put("a", reply(30));
  const ages = [0, 1500, 29_999, 30_000].map((passed) => {
    time.ms = 1_000_000 + passed;
    return cache.get("a")?.ageSeconds;
  });
  assert.deepEqual([...ages, cache.octets], [0, 1, 29, undefined, 0]);
});

test("Cache does not keep what may not be kept", () => {
  const cache = new Cache(clock().now);
  cache.put("a", reply(0));
  assert.equal(cache.get("a"), undefined);
});

test("Cache drops what was used longest ago when it is full", () => {
  const cache = new Cache(clock().now, 3 * (100 + 400));
  for (const key of ["a", "b", "c"]) cache.put(key, reply(30));
  cache.get("a");
  cache.put("d", reply(30));
  assert.deepEqual(
    ["a", "b", "c", "d"].map((key) => cache.get(key) !== undefined),
    [true, false, true, true],
  );
  cache.put("d", reply(30));
  assert.equal(cache.octets, 3 * (100 + 400));
});

test("Cache does not keep an answer larger than itself", () => {
  const cache = new Cache(clock().now, 1000);
  cache.put("a", reply(30, 2000));
  assert.deepEqual([cache.get("a"), cache.octets], [undefined, 0]);
});

const fill = (admission: Admission, sandbox: string): number => {
  let count = 0;
  while (admission.enter(sandbox)) count += 1;
  return count;
};

test("Admission gives one sandbox half of the places, and a newcomer always some", () => {
  const admission = new Admission(1024);
  assert.deepEqual([fill(admission, "a"), fill(admission, "b"), fill(admission, "c")], [512, 256, 128]);
  assert.ok(admission.total < 1024);
});

test("Admission gives greedy sandboxes equal shares", () => {
  const admission = new Admission(900);
  const counts = { a: 0, b: 0 };
  for (let turn = 0; turn < 900; turn += 1)
    for (const name of ["a", "b"] as const) if (admission.enter(name)) counts[name] += 1;
  assert.deepEqual(counts, { a: 300, b: 300 });
});

test("Admission has room again for who left", () => {
  const admission = new Admission(2);
  assert.deepEqual([admission.enter("a"), admission.enter("a")], [true, false]);
  admission.leave("a");
  assert.deepEqual([admission.total, admission.enter("a")], [0, true]);
});

test("Health sets a silent server back for ten seconds, and no longer", () => {
  const { time, now } = clock();
  const health = new Health(now);
  const [first, second] = ["1.1.1.1", "2.2.2.2"].map((address) => ({
    netns: "host",
    address,
    port: 53,
    protocol: "udp" as const,
  }));
  assert.ok(first && second);
  const order = () => health.order([first, second]).map(({ address }) => address);
  assert.deepEqual(order(), ["1.1.1.1", "2.2.2.2"]);
  health.wasSilent(first);
  assert.deepEqual(order(), ["2.2.2.2", "1.1.1.1"]);
  time.ms += 10_000;
  assert.deepEqual(order(), ["1.1.1.1", "2.2.2.2"]);
  health.wasSilent(first);
  health.answered(first);
  assert.deepEqual(order(), ["1.1.1.1", "2.2.2.2"]);
});
