import type { RemoteChange } from "../../src/contracts/cluster.ts";
import { rawWatch } from "./raw.ts";
import { endpointOf, measured, nowMs, SimulatedHost } from "./simulated-host.ts";

/** What the bench asks of a process of agents. */
export type Work =
  /** Hosts of these numbers join the cluster and publish one endpoint each. */
  | { readonly do: "join"; readonly first: number; readonly count: number }
  /** They begin to follow each other's leases and the measured network. */
  | { readonly do: "follow" }
  /** So many watches of a prefix without the cluster. */
  | { readonly do: "watch"; readonly prefix: string; readonly count: number }
  /** Counts from now on; answers when so much has been delivered. */
  | { readonly do: "count"; readonly deliveries: number }
  /** Forgets what was not asked for, and says how much processor it has taken since the last time. */
  | { readonly do: "rest" };

/** What was delivered, by key or address: how often, and when last, in milliseconds of CLOCK_MONOTONIC. */
export interface Counted {
  readonly last: Readonly<Record<string, number>>;
  readonly first: Readonly<Record<string, number>>;
  readonly deliveries: number;
  readonly cpuMs: number;
}

const joinsAtOnce = 16;
const hosts: { readonly number: number; readonly host: SimulatedHost }[] = [];
const last = new Map<string, number>();
const first = new Map<string, number>();
const live = Promise.withResolvers<void>();
let deliveries = 0;
let wanted = Number.POSITIVE_INFINITY;
let reached: () => void = () => {};

function note(what: string): void {
  const now = nowMs();
  if (!first.has(what)) first.set(what, now);
  last.set(what, now);
  deliveries += 1;
  if (deliveries === wanted) reached();
}

/** Each of them, a few at a time. */
async function each<T>(items: readonly T[], body: (item: T) => Promise<unknown>): Promise<void> {
  const rest = [...items];
  const take = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await body(item);
  };
  await Promise.all(Array.from({ length: joinsAtOnce }, take));
}

async function join(number: number): Promise<void> {
  const onRemotes = (_network: string, { whole, put }: RemoteChange) => {
    if (!whole) for (const { address } of put) note(address);
  };
  const host = new SimulatedHost(number, { onRemotes, isKnown: true, followLive: live.promise });
  await host.start();
  await host.cluster.publish([endpointOf(measured.id, number)]);
  hosts.push({ number, host });
}

async function count(deliveriesWanted: number): Promise<Counted> {
  wanted = deliveriesWanted;
  const { promise, resolve } = Promise.withResolvers<void>();
  reached = resolve;
  if (deliveries < wanted) await promise;
  wanted = Number.POSITIVE_INFINITY;
  return rest();
}

let cpu = process.cpuUsage();

function rest(): Counted {
  const { user, system } = process.cpuUsage(cpu);
  const found = {
    last: Object.fromEntries(last),
    first: Object.fromEntries(first),
    deliveries,
    cpuMs: (user + system) / 1000,
  };
  cpu = process.cpuUsage();
  last.clear();
  first.clear();
  deliveries = 0;
  return found;
}

async function carryOut(work: Work): Promise<unknown> {
  if (work.do === "rest") return rest();
  if (work.do === "count") return count(work.deliveries);
  if (work.do === "follow") {
    live.resolve();
    return each(hosts, ({ host }) => host.cluster.use(measured));
  }
  if (work.do === "watch") {
    const watches = Array.from({ length: work.count }, () => rawWatch(work.prefix, ({ key }) => note(key)));
    return Promise.all(watches);
  }
  return each(
    Array.from({ length: work.count }, (_, index) => work.first + index),
    join,
  );
}

process.on("message", (work: Work) => {
  void carryOut(work).then((answer) => process.send?.(answer ?? null));
});
process.on("disconnect", () => process.exit());
