import assert from "node:assert/strict";
import { existsSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Limits } from "../../model/limits.ts";
import { Layout } from "../layout.ts";
import { RuntimeLab } from "../testing/lab.ts";
import { requirePidNamespace } from "../testing/pid-namespace.ts";
import { type ContainerCgroup, cgroupOf, folderOf } from "./container-cgroup.ts";
import { readHostLimits } from "./host-limits.ts";

requirePidNamespace(import.meta.filename);

const mb = 1024 * 1024;
const { can, cgroupVersion } = readHostLimits();
const needs = (wanted: boolean) => (wanted ? {} : { skip: "the control groups of this machine cannot limit that" });

/** A program that takes that much memory. */
const takes = (megabytes: number) => ["python3", "-c", `x = bytearray(${megabytes} << 20)`];

/** Waits until it has written that. */
async function says(lab: RuntimeLab, id: string, line: string): Promise<void> {
  for await (const entries of lab.runtime.logs(id, { follow: true, stdout: true, stderr: true }))
    if (entries.some(({ bytes }) => Buffer.from(bytes).toString() === line)) return;
}

function groupsOf(lab: RuntimeLab, id: string): ContainerCgroup {
  const groups = cgroupOf(new Layout(lab.dataRoot, lab.execRoot).of(id));
  assert.ok(groups);
  return groups;
}

/** Files of the control group by version, as "controller/file". */
function valuesOf(groups: ContainerCgroup, files: readonly string[]): string[] {
  return files.map((each) => {
    const [controller = "", file = ""] = each.split("/");
    return readFileSync(join(folderOf(groups, controller) ?? "", file), "utf8").trim();
  });
}

const limits: Limits = {
  ...{ memoryBytes: 64 * mb, memorySwapBytes: 96 * mb, memoryReservationBytes: 32 * mb },
  ...{ nanoCpus: 0.5e9, cpuShares: 512, cpusetCpus: "0", pidsLimit: 20 },
};
const files =
  cgroupVersion === 1
    ? "memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes memory/memory.soft_limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.shares cpuset/cpuset.cpus pids/pids.max"
    : "memory/memory.max memory/memory.swap.max memory/memory.low cpu/cpu.max cpu/cpu.weight cpuset/cpuset.cpus pids/pids.max";
const values =
  cgroupVersion === 1
    ? [`${64 * mb}`, `${96 * mb}`, `${32 * mb}`, "50000", "512", "0", "20"]
    : [`${64 * mb}`, `${32 * mb}`, `${32 * mb}`, "50000 100000", "20", "0", "20"];
const all = can.memory && can.memorySwap && can.memoryReservation && can.cpuQuota && can.cpuset && can.pids;

test(
  "LIMIT-1 limits are in the control groups, an update changes them, and they are gone with the container",
  needs(all),
  async () => {
    await using lab = new RuntimeLab();
    const id = await lab.start({ limits, args: ["sleep", "60"] });
    const groups = groupsOf(lab, id);
    assert.deepEqual(valuesOf(groups, files.split(" ")), values);
    await lab.runtime.limit(id, { ...limits, memoryBytes: 80 * mb, memorySwapBytes: -1, nanoCpus: 1e9, pidsLimit: 30 });
    const changed = valuesOf(groups, files.split(" "));
    assert.deepEqual(
      [changed[0], changed[3], changed[6]],
      [`${80 * mb}`, cgroupVersion === 1 ? "100000" : "100000 100000", "30"],
    );
    await lab.runtime.remove(id);
    assert.deepEqual(
      Object.values(groups).filter((folder) => folder !== "" && existsSync(folder)),
      [],
    );
    assert.deepEqual(lab.traces().cgroups, []);
  },
);

test(
  "LIMIT-4 a limit that the kernel refuses is told in its words, and the old ones stay",
  needs(can.memory),
  async () => {
    await using lab = new RuntimeLab();
    const script = "x = bytearray(60 << 20); print('ready', flush=True); import time; time.sleep(60)";
    const id = await lab.start({
      limits: { memoryBytes: 128 * mb, memorySwapBytes: 128 * mb },
      args: ["python3", "-c", script],
    });
    await says(lab, id, "ready\n");
    const before = lab.runtime.usage(id)?.memory.limit;
    await assert.rejects(
      lab.runtime.limit(id, { memoryBytes: 96 * mb, memorySwapBytes: 96 * mb, cpusetCpus: "4000" }),
      /cpuset/,
    );
    assert.equal(lab.runtime.usage(id)?.memory.limit, before);
  },
);

test(
  "LIMIT-5 a container that runs out of memory is killed, told of at once, and it is remembered",
  needs(can.memory),
  async () => {
    await using lab = new RuntimeLab();
    const told: string[] = [];
    using _watch = lab.runtime.watchMemory((id) => told.push(id));
    const small = { memoryBytes: 24 * mb, memorySwapBytes: 24 * mb };
    const killed = await lab.run({ limits: small, args: takes(200) });
    assert.deepEqual([killed.exit.exitCode, killed.exit.oomKilled], [137, true]);
    const first = Promise.withResolvers<string>();
    using _first = lab.runtime.watchMemory((id) => first.resolve(id));
    const script = `${takes(200)
      .map((word) => `'${word}'`)
      .join(" ")}; exec sleep 60`;
    const survivor = await lab.start({ limits: small, args: ["sh", "-c", script] });
    assert.equal(await first.promise, survivor);
    assert.deepEqual(told.at(-1), survivor);
    await lab.runtime.kill(survivor, "KILL");
    const fine = await lab.run({ limits: small, args: ["true"] });
    assert.deepEqual([fine.exit.exitCode, fine.exit.oomKilled], [0, undefined]);
  },
);

test("LIMIT-5 what happens while the daemon is away is told when it is back", needs(can.memory), async () => {
  await using lab = new RuntimeLab();
  const small = { memoryBytes: 24 * mb, memorySwapBytes: 24 * mb };
  const script = `read line; ${takes(200)
    .map((word) => `'${word}'`)
    .join(" ")}; echo survived; exec sleep 60`;
  const id = await lab.start({ limits: small, args: ["sh", "-c", script] });
  await says(lab, id, "survived\n");
  lab.runtime[Symbol.dispose]();
  lab.runtime = lab.open();
  const told = Promise.withResolvers<string>();
  using _watch = lab.runtime.watchMemory((one) => told.resolve(one));
  assert.equal(await told.promise, id);
  await lab.runtime.kill(id, "KILL");
});

test("CONF-9 a parent control group of one's own", async () => {
  await using lab = new RuntimeLab();
  const { cgroupParent } = new Layout(lab.dataRoot, lab.execRoot);
  const id = await lab.start({ namespaces: { cgroupParent: `/${cgroupParent}/mine` }, args: ["sleep", "60"] });
  const { "": _unified, ...groups } = groupsOf(lab, id);
  for (const folder of Object.values(groups)) assert.ok(folder.endsWith(`/${cgroupParent}/mine/${id}`), folder);
  await lab.runtime.remove(id);
  for (const folder of Object.values(groups)) if (existsSync(join(folder, ".."))) rmdirSync(join(folder, ".."));
});

test("LIMIT-1 no more processes than the limit", needs(can.pids), async () => {
  await using lab = new RuntimeLab();
  // runc itself has some threads before it becomes the command.
  const script = "for i in $(seq 20); do sleep 5 & done; echo all";
  const { output } = await lab.run({ limits: { pidsLimit: 12 }, args: ["sh", "-c", script] });
  assert.match(output, /[Cc]annot fork|Resource temporarily unavailable/);
  assert.doesNotMatch(output, /all/);
});

test("LIMIT-2 limits that nothing can run in, or of no device, fail the start in plain words and leave nothing", async () => {
  await using lab = new RuntimeLab();
  const rate = [{ path: "/dev/null", rate: 1000 }];
  await assert.rejects(lab.start({ limits: { blkioReadBps: rate } }), /"\/dev\/null" is no block device/);
  await assert.rejects(lab.start({ limits: { cpusetCpus: "4000" } }), /cpuset/);
  await assert.rejects(
    lab.start({ limits: { ulimits: [{ name: "nofile", soft: 2 ** 40, hard: 2 ** 40 }] } }),
    /rlimit/,
  );
  for (const id of lab.runtime.leftovers()) await lab.runtime.remove(id);
  const { cgroups, mounts, processes, runs } = lab.traces();
  assert.deepEqual({ cgroups, mounts, processes, runs }, { cgroups: [], mounts: [], processes: [], runs: [] });
});

test("LIMIT-7 what a container uses is counted", async () => {
  await using lab = new RuntimeLab();
  const script =
    "x = bytearray(30 << 20)\nimport time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\nprint('done', flush=True)\ntime.sleep(60)";
  const id = await lab.start({ limits: { memoryBytes: 100 * mb, pidsLimit: 50 }, args: ["python3", "-c", script] });
  await says(lab, id, "done\n");
  const usage = lab.runtime.usage(id);
  assert.ok(usage);
  assert.ok(usage.cpu.totalNs > 0.3e9, `${usage.cpu.totalNs}`);
  assert.ok(usage.memory.usage > 30 * mb && usage.memory.usage < 100 * mb, `${usage.memory.usage}`);
  assert.deepEqual([usage.memory.limit, usage.pids.limit, usage.pids.current], [100 * mb, 50, 1]);
  await lab.runtime.remove(id);
  assert.equal(lab.runtime.usage(id), undefined);
});
