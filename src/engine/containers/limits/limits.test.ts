import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostLimits, LimitKind } from "../../../contracts/limits.ts";
import type { Limits } from "../../../model/limits.ts";
import { request, World } from "../fakes.ts";
import { parseCpuList } from "./cpu-list.ts";
import { allLimits } from "./fake-limited-runtime.ts";

const mb = 1024 * 1024;

/** Limits and why they are refused. */
const refused: readonly [limits: Limits, why: RegExp][] = [
  [{ memoryBytes: 6 * mb - 1 }, /^Minimum memory limit allowed is 6MB$/],
  [{ memoryBytes: 32 * mb, memorySwapBytes: 31 * mb }, /^Minimum memoryswap limit should be larger than memory limit/],
  [{ memorySwapBytes: 32 * mb }, /^You should always set the Memory limit when using Memoryswap limit/],
  [{ memorySwappiness: 101 }, /^Invalid value: 101, valid memory swappiness range is 0-100$/],
  [{ memoryReservationBytes: mb }, /^Minimum memory reservation allowed is 6MB$/],
  [{ memoryBytes: 8 * mb, memoryReservationBytes: 9 * mb }, /can not be less than memory reservation limit/],
  [{ nanoCpus: 1e9, cpuPeriodUs: 1000 }, /Nano CPUs and CPU Period cannot both be set/],
  [{ nanoCpus: 1e9, cpuQuotaUs: 1000 }, /Nano CPUs and CPU Quota cannot both be set/],
  [{ nanoCpus: 2.5e9 }, /^range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available$/],
  [{ nanoCpus: 1e6 }, /^range of CPUs/],
  [{ cpuShares: -1 }, /^invalid CPU shares \(-1\): value must be a positive integer$/],
  [{ cpuPeriodUs: 999 }, /^CPU cfs period can not be less than 1ms/],
  [{ cpuPeriodUs: 1_000_001 }, /or larger than 1s/],
  [{ cpuQuotaUs: 999 }, /^CPU cfs quota can not be less than 1ms/],
  [{ cpusetCpus: "0-" }, /^Invalid value 0- for cpuset cpus$/],
  [{ cpusetCpus: "1-0" }, /^Invalid value 1-0 for cpuset cpus$/],
  [{ cpusetCpus: "1,2" }, /^Requested CPUs are not available - requested 1,2, available: 0-1$/],
  [{ cpusetMems: "1" }, /^Requested memory nodes are not available - requested 1, available: 0$/],
  [{ blkioWeight: 9 }, /^Range of blkio weight is from 10 to 1000$/],
  [
    { ulimits: [{ name: "nofile", soft: 2, hard: 1 }] },
    /^ulimit soft limit must be less than or equal to hard limit: 2 > 1$/,
  ],
];

for (const [limits, why] of refused) {
  test(`LIMIT-2 create refuses ${JSON.stringify(limits)}, and nothing is made`, async () => {
    using world = new World();
    await assert.rejects(world.containers.create(request("one", { limits })), { code: "REFUSED", message: why });
    assert.equal(world.state.containers.size, 0);
  });
}

test("LIMIT-1 create gives as much swap as memory unless told otherwise", async () => {
  using world = new World();
  const limitsOf = async (limits: Limits) => {
    const { id, warnings } = await world.containers.create(request("", { limits }));
    return [world.state.containers.get(id)?.config.limits, warnings];
  };
  assert.deepEqual(await limitsOf({ memoryBytes: 8 * mb }), [{ memoryBytes: 8 * mb, memorySwapBytes: 16 * mb }, []]);
  assert.deepEqual(await limitsOf({ memoryBytes: 8 * mb, memorySwapBytes: -1 }), [
    { memoryBytes: 8 * mb, memorySwapBytes: -1 },
    [],
  ]);
  assert.deepEqual((await limitsOf({ oomKillDisable: true }))[1], [
    "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.",
  ]);
});

/** A host that lacks one kind; what is asked for, what is left, and the warning. */
const lacking: readonly [kind: LimitKind, asked: Limits, kept: Limits, warning: RegExp | undefined][] = [
  [
    "memory",
    { memoryBytes: 8 * mb, pidsLimit: 5 },
    { pidsLimit: 5 },
    /memory limit capabilities.*Limitation discarded/,
  ],
  [
    "memorySwap",
    { memoryBytes: 8 * mb, memorySwapBytes: 9 * mb },
    { memoryBytes: 8 * mb },
    /Memory limited without swap/,
  ],
  ["memorySwap", { memoryBytes: 8 * mb }, { memoryBytes: 8 * mb }, undefined],
  ["pids", { pidsLimit: 5 }, {}, /PIDs limit discarded/],
  ["pids", { pidsLimit: -1 }, { pidsLimit: -1 }, undefined],
  ["cpuQuota", { nanoCpus: 1e9, cpuShares: 5 }, { cpuShares: 5 }, /Quota discarded/],
  ["cpuset", { cpusetCpus: "0" }, {}, /Cpuset discarded/],
  ["blkioWeight", { blkioWeight: 50 }, {}, /Weight discarded/],
  ["blkioReadBps", { blkioReadBps: [{ path: "/dev/x", rate: 1 }] }, {}, /BPS Block I\/O read limit/],
  ["blkioWriteIops", { blkioWriteIops: [{ path: "/dev/x", rate: 1 }] }, {}, /IOPS Block I\/O write limit/],
  ["oomKillDisable", { oomKillDisable: true }, {}, /OomKillDisable discarded/],
];

for (const [kind, asked, kept, warning] of lacking) {
  test(`LIMIT-3 on a host that cannot limit ${kind}, ${JSON.stringify(asked)} is discarded with a warning`, async () => {
    using world = new World();
    const host: HostLimits = { ...allLimits, can: new Proxy(allLimits.can, { get: (_all, name) => name !== kind }) };
    world.runtime.hostLimits = () => host;
    const { id, warnings } = await world.containers.create(request("one", { limits: asked }));
    assert.deepEqual(world.state.containers.get(id)?.config.limits, kept);
    assert.deepEqual(
      [warnings.length, warning === undefined || warning.test(warnings[0] ?? "")],
      [warning ? 1 : 0, true],
    );
  });
}

test("LIMIT-4 update changes what is given, in the kernel and in the store, and tells", async () => {
  using world = new World();
  await world.containers.create(request("one", { limits: { memoryBytes: 8 * mb, cpuShares: 5 } }));
  await world.containers.update("one", { limits: { cpuShares: 6 } });
  assert.equal(world.runtime.limits.size, 0);
  await world.containers.start("one");
  const restartPolicy = { name: "always", maximumRetryCount: 0 } as const;
  await world.containers.update("one", { limits: { pidsLimit: 9 }, restartPolicy });
  const wanted = { memoryBytes: 8 * mb, memorySwapBytes: 16 * mb, cpuShares: 6, pidsLimit: 9 };
  const { config, id } = world.containers.inspect("one").container;
  assert.deepEqual(
    [config.limits, config.restartPolicy, world.runtime.limits.get(id)],
    [wanted, restartPolicy, wanted],
  );
  assert.deepEqual(world.actions().filter((action) => action === "update").length, 2);
});

/** What is set, what an update wants, and why not. */
const updates: readonly [before: Limits, change: Limits, why: RegExp][] = [
  [{ nanoCpus: 1e9 }, { cpuQuotaUs: 5000 }, /CPU Quota cannot be updated as NanoCPUs has already been set/],
  [{ nanoCpus: 1e9 }, { cpuPeriodUs: 5000 }, /CPU Period cannot be updated as NanoCPUs has already been set/],
  [{ cpuQuotaUs: 5000 }, { nanoCpus: 1e9 }, /Nano CPUs cannot be updated as CPU Quota has already been set/],
  [{ cpuPeriodUs: 5000 }, { nanoCpus: 1e9 }, /Nano CPUs cannot be updated as CPU Period has already been set/],
  [
    { memoryBytes: 8 * mb },
    { memoryBytes: 20 * mb },
    /Memory limit should be smaller than already set memoryswap limit/,
  ],
  [{ memoryBytes: 8 * mb }, { memorySwapBytes: 7 * mb }, /memoryswap limit should be larger than memory limit/],
  [{}, { memoryBytes: mb }, /^Minimum memory limit allowed is 6MB$/],
];

for (const [before, change, why] of updates) {
  test(`LIMIT-4 update refuses ${JSON.stringify(change)} after ${JSON.stringify(before)}; nothing changes`, async () => {
    using world = new World();
    await world.containers.create(request("one", { limits: before }));
    await world.containers.start("one");
    const snapshot = world.snapshot();
    await assert.rejects(world.containers.update("one", { limits: change }), { message: why });
    assert.deepEqual(world.snapshot(), snapshot);
  });
}

test("LIMIT-4 an update that the kernel refuses changes nothing, and says why", async () => {
  using world = new World();
  await world.containers.create(request("one"));
  await world.containers.start("one");
  const snapshot = world.snapshot();
  world.runtime.limit = async () => {
    throw new Error("unable to set memory limit to 7000000 (current usage: 9000000)");
  };
  await assert.rejects(world.containers.update("one", { limits: { memoryBytes: 7 * mb } }), {
    ...{ code: "UPDATE_FAILED", message: /^Cannot update container one: unable to set memory limit/ },
  });
  assert.deepEqual(world.snapshot(), snapshot);
  await world.containers.create(request("gone", { autoRemove: true }));
  const policy = { name: "always", maximumRetryCount: 0 } as const;
  await assert.rejects(world.containers.update("gone", { limits: {}, restartPolicy: policy }), /AutoRemove is enabled/);
});

test("parseCpuList() reads the kernel's lists", () => {
  assert.deepEqual(parseCpuList("0-2,7, 4"), [0, 1, 2, 4, 7]);
  for (const text of ["", "a", "1-", "-1", "3-1", "0-99999", "1,,2"]) assert.equal(parseCpuList(text), undefined, text);
});
