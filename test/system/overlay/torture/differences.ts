import type { ClusterHost } from "../../../../lab/cluster/cluster-host.ts";
import { answers } from "../hosts.ts";
import { readStore, type StoreView } from "./store-view.ts";

interface Running {
  readonly host: ClusterHost;
  readonly name: string;
  /** Address without prefix length, by network id, as the daemon says. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Addresses that it accepts packets for, as its kernel says. */
  readonly accepted: readonly string[];
}

/**
 * How the hosts' kernels differ from the store, in sentences: forwarding, addresses that containers have and are not
 * theirs, containers that the store does not know, containers that do not reach each other.
 */
export async function differences(hosts: readonly ClusterHost[]): Promise<string[]> {
  const [first] = hosts;
  if (!first) return ["there are no hosts"];
  const store = await readStore(first);
  const running = (await Promise.all(hosts.map(runningOn))).flat();
  const kernels = await Promise.all(hosts.map((host) => kernelDifferences(host, store, running)));
  const found = [...kernels.flat(), ...ownershipFaults(store, running)];
  return found.length > 0 ? found : reachFaults(running);
}

async function runningOn(host: ClusterHost): Promise<Running[]> {
  const names = (await host.fairlead("ps", "--format", "{{.Names}}")).split("\n").filter((name) => name !== "");
  return Promise.all(
    names.map(async (name) => {
      const [inspected] = JSON.parse(await host.fairlead("inspect", name)) as [Inspected];
      const shared = Object.values(inspected.NetworkSettings.Networks);
      const addresses = new Map(shared.map(({ NetworkID, IPAddress }) => [NetworkID, IPAddress]));
      const links = JSON.parse(await host.fairlead("exec", name, "ip", "-j", "-4", "addr")) as Link[];
      const accepted = links.flatMap(({ addr_info: all }) => all.map(({ local }) => local));
      return { host, name, addresses, accepted: accepted.filter((address) => address !== "127.0.0.1") };
    }),
  );
}

interface Link {
  readonly addr_info: readonly { readonly local: string }[];
}

interface Inspected {
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly NetworkID: string; readonly IPAddress: string }>>;
  };
}

/** Forwarding entries and neighbours of each network's tunnel against the endpoints of other hosts. */
async function kernelDifferences(host: ClusterHost, store: StoreView, running: readonly Running[]): Promise<string[]> {
  const used = new Set(
    running.filter((each) => each.host.name === host.name).flatMap(({ addresses }) => [...addresses.keys()]),
  );
  const links = await host.json<{ ifname: string }[]>("ip", "-j", "link", "show", "type", "vxlan");
  const there = links.map(({ ifname }) => ifname).sort();
  const wanted = [...used].map(deviceOf).sort();
  if (there.join() !== wanted.join())
    return [`${host.name} has tunnels ${there.join()}, its containers use ${wanted.join()}`];
  const found = await Promise.all([...used].map((id) => forwardingDifferences(host, store, id)));
  return found.flat();
}

const deviceOf = (networkId: string): string => `fvx${networkId.slice(0, 12)}`;

async function forwardingDifferences(host: ClusterHost, store: StoreView, networkId: string): Promise<string[]> {
  const device = deviceOf(networkId);
  const entries = await host.json<{ mac: string; dst?: string; flags?: string[] }[]>(
    "bridge",
    "-j",
    "fdb",
    "show",
    "dev",
    device,
  );
  const neighbours = await host.json<{ dst: string; lladdr: string }[]>("ip", "-j", "neigh", "show", "dev", device);
  const fixed = entries.filter(({ dst, flags = [] }) => dst !== undefined && flags.includes("self"));
  const found = new Set([
    ...fixed.map(({ mac, dst }) => `${mac} behind ${dst}`),
    ...neighbours.map(({ dst, lladdr }) => `${dst} at ${lladdr}`),
  ]);
  const wanted = new Set(
    [...store.endpoints].flatMap(([key, { host: id, mac }]) => {
      const [network, address] = key.split("/");
      const owner = store.hosts.get(id);
      return network !== networkId || owner?.name === host.name
        ? []
        : [`${mac} behind ${owner?.vtep}`, `${address} at ${mac}`];
    }),
  );
  const missing = [...wanted].filter((each) => !found.has(each));
  const extra = [...found].filter((each) => !wanted.has(each));
  return missing.length + extra.length === 0
    ? []
    : [
        `${device} on ${host.name} lacks ${missing.join(", ") || "nothing"}, has ${extra.join(", ") || "nothing"} too much`,
      ];
}

/** Who accepts packets for an address, by its kernel, is who the store says has it; and the other way round. */
function ownershipFaults(store: StoreView, running: readonly Running[]): string[] {
  const accepted = running.flatMap(({ host, name, addresses }) =>
    [...addresses].map(([network, address]) => ({ key: `${network}/${address}`, who: `${name} on ${host.name}` })),
  );
  const said = new Map(
    [...store.endpoints].map(([key, { container, host }]) => [key, `${container} on ${store.hosts.get(host)?.name}`]),
  );
  const unknown = running.flatMap(({ host, name, addresses, accepted: own }) =>
    own
      .filter((address) => ![...addresses.values()].includes(address))
      .map((address) => `${name} on ${host.name} accepts packets for ${address}, which is not one of its own`),
  );
  const stray = accepted.filter(({ key, who }) => said.get(key) !== who);
  const absent = [...said].filter(([key, who]) => !accepted.some((each) => each.key === key && each.who === who));
  return [
    ...unknown,
    ...stray.map(({ key, who }) => `${who} has ${key.slice(-20)}, which is ${said.get(key) ?? "nobody"}'s`),
    ...absent.map(([key, who]) => `the store says that ${who} has ${key.slice(-20)}, and nothing has`),
  ];
}

/** Every container pings every other one of its networks, by name. */
async function reachFaults(running: readonly Running[]): Promise<string[]> {
  const pairs = running.flatMap((from) =>
    running.filter((to) => to !== from && share(from, to)).map((to) => [from, to] as const),
  );
  const found: string[] = [];
  for (const [from, to] of pairs)
    if (!(await answers(from.host, from.name, to.name)))
      found.push(`${from.name} on ${from.host.name} does not reach ${to.name} on ${to.host.name}`);
  return found;
}

const share = (one: Running, other: Running): boolean =>
  [...one.addresses.keys()].some((id) => other.addresses.has(id));
