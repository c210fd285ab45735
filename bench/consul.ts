import { execFile } from "node:child_process";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ConsulServer, lacksConsul } from "../lab/consul.ts";
import { silentLog } from "../src/base/log.ts";
import { openConsulStore } from "../src/cluster/consul/store.ts";
import type { ClusterStore, Write } from "../src/contracts/cluster-store.ts";
import { type Row, timed } from "./row.ts";

const run = promisify(execFile);

/** Keys of 200 bytes below the followed prefix, beside the one that changes. */
const sizes = [0, 1_000, 5_000];
const rounds = 200;

/**
 * Measures the adapter of Consul against one server in a throw-away network namespace. Nothing where there is no
 * Consul. Needs root.
 */
export async function measureConsul(): Promise<Row[]> {
  if (lacksConsul) {
    console.error(`bench: consul is skipped: ${lacksConsul}`);
    return [];
  }
  const inside = ["--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const script = 'ip link set lo up && exec "$@"';
  const node = [process.execPath, fileURLToPath(import.meta.url)];
  const { stdout } = await run("unshare", [...inside, "tini", "--", "sh", "-c", script, "sh", ...node]);
  return JSON.parse(stdout) as Row[];
}

async function measure(): Promise<Row[]> {
  await using server = await ConsulServer.start();
  const address = { kind: "consul" as const, endpoints: [server.endpoint], prefix: "bench" };
  const store = openConsulStore(address, silentLog);
  const follower = openConsulStore(address, silentLog);
  const rows = [
    timed("Consul: transaction, compare-and-swap", await each(() => raise(store))),
    timed(
      `Consul: transaction of ${store.limits.operations} puts`,
      await each((n) => store.txn([], puts("many", n * 100, 63))),
    ),
  ];
  for (const size of sizes) {
    for (let at = 0; at < size; at += 50) await store.txn([], puts(`p${size}`, at, 50));
    const times = await propagation(store, follower, `p${size}/`);
    rows.push(timed(`Consul: change until told, beside ${size.toLocaleString("en")} keys`, times));
  }
  await Promise.all([store.close(), follower.close()]);
  return rows;
}

async function each(body: (round: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    await body(round);
    times.push(performance.now() - began);
  }
  return times;
}

async function raise(store: ClusterStore): Promise<void> {
  const entry = await store.get("counter");
  const condition = entry ? { key: "counter", revision: entry.revision } : ({ key: "counter", is: "absent" } as const);
  const { done } = await store.txn([condition], [{ put: "counter", value: String(Number(entry?.value ?? 0) + 1) }]);
  if (!done) throw new Error("nobody else writes, and yet it was not carried out");
}

const puts = (prefix: string, from: number, count: number): Write[] =>
  Array.from({ length: count }, (_, n) => ({ put: `${prefix}/${from + n}`, value: "x".repeat(200) }));

/** From the writing of a change to the news of it in another client. */
async function propagation(store: ClusterStore, follower: ClusterStore, prefix: string): Promise<number[]> {
  const ended = new AbortController();
  const times: number[] = [];
  let told = Promise.withResolvers<void>();
  let written = 0;
  const first = Promise.withResolvers<void>();
  follower.follow(
    prefix,
    (news) => {
      if (news.kind === "snapshot") first.resolve();
      if (news.kind !== "changes") return;
      times.push(performance.now() - written);
      told.resolve();
    },
    ended.signal,
  );
  await first.promise;
  for (let round = 0; round < rounds; round += 1) {
    told = Promise.withResolvers<void>();
    written = performance.now();
    await store.txn([], [{ put: `${prefix}changing`, value: `${round}` }]);
    await told.promise;
  }
  ended.abort();
  return times;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await measure()));
