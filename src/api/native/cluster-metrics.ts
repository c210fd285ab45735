import { Counter, Gauge, type Registry } from "prom-client";
import type { ApiParts } from "../parts.ts";

/** Of the cluster, from what this host knows by itself: a page that is asked for often must not burden the store. */
export function clusterCollectors(parts: ApiParts, registers: Registry[]): (() => void)[] {
  return [stateCollector(parts, registers), hostCollector(parts, registers), forwardingCollector(parts, registers)];
}

function stateCollector({ engine }: ApiParts, registers: Registry[]) {
  const gauge = (name: string, help: string) => new Gauge({ name: `fairlead_cluster_${name}`, help, registers });
  const connected = gauge("connected", "1 while the cluster's store is heard");
  const fenced = gauge("fenced", "1 while overlays are cut off, because others may have this host's addresses");
  const revision = gauge("revision", "Last revision of the store that this host has followed");
  const waiting = gauge("waiting_changes", "Changes of this host's endpoints that wait to be written");
  const outages = new Counter({
    name: "fairlead_cluster_store_away_total",
    help: "How often the store has gone away",
    registers,
  });
  return () => {
    const state = engine.cluster.state();
    connected.set(state.connected ? 1 : 0);
    fenced.set(state.state === "fenced" ? 1 : 0);
    revision.set(state.seen);
    waiting.set(state.waiting);
    outages.reset();
    outages.inc(state.outages);
  };
}

function hostCollector({ engine }: ApiParts, registers: Registry[]) {
  const hosts = new Gauge({
    name: "fairlead_cluster_hosts",
    help: "Hosts of the cluster by state",
    labelNames: ["state"],
    registers,
  });
  return () => {
    const all = engine.cluster.hosts();
    for (const state of ["live", "unknown"] as const)
      hosts.set({ state }, all.filter((host) => host.state === state).length);
  };
}

function forwardingCollector({ telemetry }: ApiParts, registers: Registry[]) {
  const addresses = new Gauge({
    name: "fairlead_cluster_remote_addresses",
    help: "Addresses on other hosts, of networks in use on this one",
    labelNames: ["network"],
    registers,
  });
  const counter = (name: string, help: string) =>
    new Counter({ name: `fairlead_cluster_forwarding_${name}_total`, help, registers });
  const programmed = counter("programmed", "Addresses on other hosts that the kernel was told the way to");
  const dropped = counter("dropped", "Addresses on other hosts that the kernel was told to forget");
  return () => {
    const found = telemetry.forwarding();
    addresses.reset();
    for (const { network, addresses: count } of found.remotes) addresses.set({ network }, count);
    programmed.reset();
    programmed.inc(found.put);
    dropped.reset();
    dropped.inc(found.dropped);
  };
}
