import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EtcdServer, newestEtcd } from "../../lab/etcd.ts";
import { silentLog } from "../../src/base/log.ts";
import { openEtcdStore } from "../../src/cluster/etcd/store.ts";
import { keys } from "../../src/cluster/keys.ts";
import { percentiles, type Row, ratio, timed } from "../row.ts";
import { inThrowAwayHost } from "../throw-away.ts";
import { rawClient, rawPut } from "./raw.ts";
import { presence, publishing } from "./seed.ts";
import { clusterId, endpointOf, idOf, measured, nowMs, SimulatedHost, storeAddress } from "./simulated-host.ts";
import type { Counted } from "./worker.ts";
import { Workers } from "./workers.ts";

const numberFrom = (name: string, byDefault: number): number => Number(process.env[name] ?? byDefault);
const hosts = numberFrom("FAIRLEAD_BENCH_HOSTS", 1_000);
const changes = numberFrom("FAIRLEAD_BENCH_CHANGES", 40);
const rounds = numberFrom("FAIRLEAD_BENCH_ROUNDS", 5);
const endpointsOfHost = 100;
const processes = 4;
const gapMs = 100;
const prefix = "raw/";
/** Where 250 hosts share a process that stands still now and then, timers are late and pings seem to come too often. */
const flags = ["--grpc-keepalive-min-time=1ms"];

/**
 * From connect to the last host, on one etcd, among hosts with 100 endpoints each: the time from publish() on one host
 * until every other host's engine has been told what to program (which takes the kernel some µs: see the forwarding
 * section), beside bare watches of the same store, in turn.
 *
 * Hosts are the cluster's part of the daemon, each with its own connections, leases and news, in 4 processes. What is
 * simulated: their own stores are in memory, and each follows one network, on which every host has one endpoint; the
 * other 99 of each are in the store, on networks that nobody follows: 1,000 hosts that know 100,000 endpoints each
 * would take 60 GB. What one change costs does not depend on how many there are: see the section of the cold start.
 */
export const measurePropagation = (): Promise<Row[]> => inThrowAwayHost(fileURLToPath(import.meta.url));

interface Way {
  readonly workers: Workers;
  /** Makes change number `index`; returns what the agents know it by. */
  change(index: number): string;
  readonly last: number[];
  readonly first: number[];
  cpuMs: number;
  deliveries: number;
}

const wayOf = (workers: Workers, change: Way["change"]): Way => ({
  ...{ workers, change, last: [], first: [], cpuMs: 0, deliveries: 0 },
});

const shareOf = (index: number): number => Math.floor((hosts + index) / processes);
const firstOf = (index: number): number =>
  Array.from({ length: index }, (_, before) => shareOf(before)).reduce((sum, share) => sum + share, 1);

/** A tenth of a second between two changes, and then until all are everywhere. */
async function round(way: Way, number: number): Promise<void> {
  await way.workers.ask(() => ({ do: "rest" }));
  const counted = way.workers.ask((index) => ({ do: "count", deliveries: shareOf(index) * changes }));
  const began = new Map<string, number>();
  for (let index = 0; index < changes; index++) {
    const due = pause(gapMs);
    const at = nowMs();
    began.set(way.change(number * changes + index), at);
    await due;
  }
  note(way, began, await counted);
}

function note(way: Way, began: ReadonlyMap<string, number>, found: readonly Counted[]): void {
  for (const [what, at] of began) {
    way.last.push(Math.max(...found.map(({ last }) => last[what] ?? Number.NaN)) - at);
    way.first.push(Math.min(...found.map(({ first }) => first[what] ?? Number.NaN)) - at);
  }
  for (const { cpuMs, deliveries } of found) {
    way.cpuMs += cpuMs;
    way.deliveries += deliveries;
  }
}

/** The hosts, and the endpoints that nobody follows: all but one of each host. */
async function seed(): Promise<void> {
  const store = openEtcdStore(storeAddress, silentLog);
  await store.txn([], [{ put: keys.cluster, value: clusterId }]);
  for (let host = 1; host <= hosts; host++) {
    const others = Array.from({ length: endpointsOfHost - 1 }, (_, index) =>
      publishing(idOf(1_000 + index), host, host),
    );
    await store.txn([], [...presence(host, { live: false }), ...others]);
  }
  await store.close();
}

async function prepare(): Promise<{ ours: Way; raw: Way }> {
  await seed();
  const publisher = new SimulatedHost(hosts + 1);
  await publisher.start({ alone: true });
  await publisher.cluster.createNetwork(measured);
  const [ours, raw] = [new Workers(processes), new Workers(processes)];
  await ours.ask((index) => ({ do: "join", first: firstOf(index), count: shareOf(index) }));
  await ours.ask(() => ({ do: "follow" }));
  await raw.ask((index) => ({ do: "watch", prefix, count: shareOf(index) }));
  const client = rawClient();
  const failed = (error: unknown) => {
    throw error;
  };
  return {
    ours: wayOf(ours, (index) => {
      const endpoint = endpointOf(measured.id, 100_000 + index);
      publisher.cluster.publish([endpoint]).catch(failed);
      return endpoint.ipv4 ?? "";
    }),
    raw: wayOf(raw, (index) => {
      const key = `${prefix}${index}`;
      rawPut(client, key, JSON.stringify({ ...endpointOf(measured.id, index), host: idOf(1), epoch: 1 })).catch(failed);
      return key;
    }),
  };
}

function rowsOf(ours: Way, raw: Way): Row[] {
  const many = `${hosts.toLocaleString("en")} hosts`;
  const p99 = percentiles(ours.last).p99 / percentiles(raw.last).p99;
  const cpu = ({ cpuMs, deliveries }: Way): number => (cpuMs * 1000) / deliveries;
  return [
    timed(`bare watch, put until the last of ${many} hears`, raw.last),
    timed(`connect until the last of ${many} is told`, ours.last),
    ratio(`connect until the last of ${many} : bare watch, medians`, ours.last, raw.last),
    { what: `connect until the last of ${many} : bare watch, p99`, value: p99, unit: "times", goal: { atMost: 1.5 } },
    timed("bare watch, put until the first hears", raw.first),
    timed("connect until the first host is told", ours.first),
    { what: "processor time of a delivery, bare watch", value: cpu(raw), unit: "µs" },
    { what: "processor time of a delivery, cluster", value: cpu(ours), unit: "µs" },
  ];
}

if (import.meta.main) {
  const server = await EtcdServer.create({ program: newestEtcd(), flags });
  const { ours, raw } = await prepare();
  await pause(3_000);
  for (const way of [raw, ours]) await round(way, 0);
  for (const way of [raw, ours]) Object.assign(way, { last: [], first: [], cpuMs: 0, deliveries: 0 });
  for (let number = 1; number <= rounds; number++) for (const way of [raw, ours]) await round(way, number);
  for (const { workers } of [raw, ours]) await workers[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  process.stdout.write(JSON.stringify(rowsOf(ours, raw)), () => process.exit()); // with what it has open itself
}
