import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { EtcdServer, newestEtcd } from "../../lab/etcd.ts";
import { silentLog } from "../../src/base/log.ts";
import { openEtcdStore } from "../../src/cluster/etcd/store.ts";
import { keys } from "../../src/cluster/keys.ts";
import type { EndpointRecord } from "../../src/cluster/records.ts";
import type { RemoteChange } from "../../src/contracts/cluster.ts";
import type { ClusterStore, News, TxnResult } from "../../src/contracts/cluster-store.ts";
import { type Row, ratio, timed } from "../row.ts";
import { inThrowAwayHost } from "../throw-away.ts";
import { netlinkFloor, TunnelDevice } from "../tunnel-device.ts";
import { rawClient, rawList } from "./raw.ts";
import { presence, publishing, seedHost } from "./seed.ts";
import { idOf, measured, nowMs, SimulatedHost, storeAddress, vtepOf, withFollow } from "./simulated-host.ts";

const hosts = Number(process.env["FAIRLEAD_BENCH_HOSTS"] ?? 1_000);
const rounds = Number(process.env["FAIRLEAD_BENCH_ROUNDS"] ?? 5);
const endpointsOfHost = 100;
const removals = 20;

/**
 * A host without anything joins a cluster of 1,000 hosts with 100 endpoints each on one network, and its kernel is
 * programmed with all of them; beside the floor, in turn: the list by bare calls, and the same entries by bare netlink.
 * Each time in a process of its own, as a daemon starts. Then what one change costs it, and the removal of a host: from
 * the event that tells of it until the kernel is programmed.
 */
export const measureColdStart = (): Promise<Row[]> => inThrowAwayHost(fileURLToPath(import.meta.url));

interface Times {
  readonly join: number;
  readonly removals: readonly Noted[];
  readonly changes: readonly number[];
}

async function seed(): Promise<void> {
  const first = new SimulatedHost(hosts + 1);
  await first.start({ alone: true });
  await first.cluster.createNetwork(measured);
  await first.cluster.stop();
  const store = openEtcdStore(storeAddress, silentLog);
  for (let host = 1; host <= hosts; host++) await seedHost(store, measured.id, host, endpointsOfHost);
  await store.close();
}

/** The list and the insertion, in milliseconds; what is between them belongs to neither. */
async function floor(): Promise<number> {
  await using device = new TunnelDevice();
  const client = rawClient();
  const began = nowMs();
  const found = await rawList(client, `${storeAddress.prefix}/${keys.endpointsOf(measured.id)}`);
  const listed = nowMs() - began;
  client.close();
  const addresses = found.map(({ value }) => {
    const { ipv4 = "", mac, host } = JSON.parse(value) as EndpointRecord;
    return { address: ipv4, mac, vtep: vtepOf(Number.parseInt(host, 16)) };
  });
  const programmed = netlinkFloor(addresses);
  await device.renew();
  return listed + programmed;
}

interface Noted {
  /** Milliseconds from the last event to the programmed kernel. */
  readonly event: number;
  /** From before the change of the store. */
  readonly total: number;
  /** News of this revision or later until then. */
  readonly events: number;
}

/** A host that programs the kernel as the engine does, and notes when it hears of something and when that is done. */
class ProgrammedHost {
  readonly host: SimulatedHost;
  #heardAt = 0;
  #heard: number[] = [];
  #onProgrammed: (change: RemoteChange) => void = () => {};

  constructor(number: number, { kernel: { forwarding }, name }: TunnelDevice) {
    const store = openEtcdStore(storeAddress, silentLog);
    const follow: ClusterStore["follow"] = (prefix, onNews, signal) => {
      const hear = (news: News) => {
        this.#heardAt = nowMs();
        if ("revision" in news) this.#heard.push(news.revision);
        onNews(news);
      };
      store.follow(prefix, hear, signal);
    };
    const onRemotes = (_network: string, change: RemoteChange) => {
      forwarding.drop(name, change.drop, change.macs);
      forwarding.put(name, change.put);
      this.#onProgrammed(change);
    };
    this.host = new SimulatedHost(number, { onRemotes, store: withFollow(store, follow) });
  }

  /** What a change of the store comes to here; `isIt`: which change of the remote endpoints it is. */
  async on(change: () => Promise<TxnResult>, isIt: (change: RemoteChange) => boolean): Promise<Noted> {
    const { promise, resolve } = Promise.withResolvers<{ at: number; event: number; heard: readonly number[] }>();
    this.#heard = [];
    this.#onProgrammed = (found) => {
      const at = nowMs();
      if (isIt(found)) resolve({ at, event: at - this.#heardAt, heard: [...this.#heard] });
    };
    const began = nowMs();
    const result = await change();
    if (!result.done) throw new Error("nobody else writes, and yet it was not carried out");
    const { at, event, heard } = await promise;
    return { event, total: at - began, events: heard.filter((revision) => revision >= result.revision).length };
  }
}

/** Joins; then other hosts start endpoints, and are removed. */
async function live(number: number): Promise<Times> {
  await using device = new TunnelDevice();
  const one = new ProgrammedHost(number, device);
  const began = nowMs();
  await one.host.start();
  await one.host.cluster.use(measured);
  const join = nowMs() - began;
  const store = openEtcdStore(storeAddress, silentLog);
  const removed: Noted[] = [];
  const changes: Noted[] = [];
  for (let round = 0; round < removals; round++) {
    const host = (round % hosts) + 1;
    const more = publishing(measured.id, 1_000_000 + round, host);
    changes.push(await one.on(() => store.txn([], [more]), isPut));
    await one.on(() => store.txn([], [{ delete: more.put }]), isDrop);
    removed.push(await one.on(() => store.txn([], [{ delete: keys.host(idOf(host)) }]), isDrop));
    await one.on(() => store.txn([], presence(host, { live: true })), isNamed);
  }
  await store.close();
  await one.host.cluster.stop();
  return { join, removals: removed, changes: changes.map(({ event }) => event) };
}

const isPut = ({ put }: RemoteChange): boolean => put.length > 0;
const isDrop = ({ drop }: RemoteChange): boolean => drop.length > 0;
/** The host has its record and its lease again. */
const isNamed = ({ publish }: RemoteChange): boolean => publish.length > 0;

function rowsOf(floors: readonly number[], times: readonly Times[]): Row[] {
  const many = (hosts * endpointsOfHost).toLocaleString("en");
  const joins = times.map(({ join }) => join);
  const removed = times.flatMap((one) => one.removals);
  const of = (what: "event" | "total" | "events") => removed.map((one) => one[what]);
  return [
    timed(`list and program ${many} endpoints, floor`, floors),
    timed(`a new host joins, lists and programs ${many} endpoints`, joins),
    ratio(`a new host and ${many} endpoints : floor`, joins, floors, 2),
    timed(
      `one more endpoint among ${many}, from the event to the kernel`,
      times.flatMap((one) => one.changes),
    ),
    timed(`removal of a host of ${endpointsOfHost}, from the event to the kernel`, of("event"), { atMost: 50 }),
    timed(`removal of a host of ${endpointsOfHost}, from the request to the store`, of("total")),
    {
      what: "store events that a removal takes",
      value: Math.max(...of("events")),
      unit: "events",
      goal: { atMost: 1 },
    },
  ];
}

if (import.meta.main) {
  const [what, number] = process.argv.slice(2);
  if (what === "floor") process.stdout.write(JSON.stringify(await floor()));
  else if (what === "host") process.stdout.write(JSON.stringify(await live(Number(number))), () => process.exit());
  else {
    await using _server = await EtcdServer.create({ program: newestEtcd() });
    await seed();
    const once = <T>(...args: string[]): T =>
      JSON.parse(execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...args], { encoding: "utf8" })) as T;
    const floors: number[] = [];
    const times: Times[] = [];
    for (let round = 0; round < rounds; round++) {
      floors.push(once<number>("floor"));
      times.push(once<Times>("host", String(hosts + 2 + round)));
    }
    process.stdout.write(JSON.stringify(rowsOf(floors, times)));
  }
}
