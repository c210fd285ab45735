import { cidrOf, containsIp } from "../../../base/cidr.ts";
import { formatIp, ipOf } from "../../../base/ip.ts";
import { keys } from "../../keys.ts";
import { read, type SlotRecord } from "../../records.ts";
import type { StoreState } from "./history.ts";
import type { SimHost } from "./sim-host.ts";

/** How the store and the hosts differ when nothing goes on any more, in sentences. */
export function differences(state: StoreState, hosts: readonly SimHost[]): string[] {
  const ids = hosts.map(({ id }) => id);
  return [
    ...unequal(
      "hosts of the store",
      state.hosts.map(({ id }) => id),
      ids,
    ),
    ...unequal(
      "live hosts",
      state.below(keys.live).map(({ key }) => key),
      ids.map(keys.liveOf),
    ),
    ...unequal(
      "wishes",
      state.below(keys.wishes).map(({ key }) => key),
      [],
    ),
    ...unequal(
      "endpoints",
      state.below("endpoints/").map(({ key }) => key),
      hosts.flatMap(keysOf),
    ),
    ...hosts.flatMap((host) => differencesOf(state, host, hosts)),
  ];
}

/** What there still is when all is removed. */
export function remains(state: StoreState): string[] {
  const kept = /^(cluster$|guard$|hosts\/|live\/|seen\/)/;
  return [...state.entries.keys()].filter((key) => !kept.test(key)).map((key) => `${key} is left`);
}

function differencesOf(state: StoreState, host: SimHost, hosts: readonly SimHost[]): string[] {
  const { cluster, name } = host;
  if (!cluster) return [`${name} does not run`];
  const { connected, waiting, state: standing } = cluster.state();
  const standings = [
    ...(connected && standing === "connected" ? [] : [`${name} is ${standing}`]),
    ...(waiting === 0 ? [] : [`${name} has ${waiting} changes to write`]),
    ...(host.idle ? [] : [`${name} still does something that it was asked`]),
    ...(cluster.underlay() ? [] : [`${name} has no underlay`]),
  ];
  return [
    ...standings,
    ...unequal(`networks of ${name}`, cluster.networks().map(written), state.networks.map(written)),
    ...unequal(
      `networks that ${name} was told of`,
      [...host.networks.values()].map(written),
      state.networks.map(written),
    ),
    ...unequal(`slots of ${name}'s journal`, heldBy(host), slotsOf(state, host.id)),
    ...[...host.programmed.keys()].flatMap((id) => forwardingOf(state, host, hosts, id)),
  ];
}

const written = (value: object): string => JSON.stringify(value);

const keysOf = ({ endpoints }: SimHost): string[] =>
  [...endpoints.values()].flatMap(({ networkId, ipv4, ipv6 }) =>
    [ipv4, ipv6].flatMap((address) => (address === undefined ? [] : [keys.endpoint(networkId, address)])),
  );

/** What the kernel and the DNS were told in the course of time is what counts now. */
function forwardingOf(state: StoreState, host: SimHost, hosts: readonly SimHost[], networkId: string): string[] {
  const { cluster, name, programmed } = host;
  const others = state.endpoints.filter(([, record]) => record.networkId === networkId && record.host !== host.id);
  const wanted = others.map(([key, { mac, host: id }]) => `${key.split("/")[2]} ${mac} ${state.host(id)?.vtep}`);
  const told = [...(programmed.get(networkId)?.addresses ?? [])].map(([address, way]) => `${address} ${way}`);
  const known = (cluster?.forwarding(networkId) ?? []).map(({ address, mac, vtep }) => `${address} ${mac} ${vtep}`);
  const names = hosts.filter((each) => each !== host).flatMap(({ endpoints }) => [...endpoints.values()]);
  const network = `of network ${networkId.slice(-4)} on ${name}`;
  return [
    ...unequal(`forwarding ${network}`, known, wanted),
    ...unequal(`programmed addresses ${network}`, told, wanted),
    ...unequal(
      `names ${network}`,
      [...(programmed.get(networkId)?.names ?? [])],
      names.filter((each) => each.networkId === networkId).map(({ endpointId }) => endpointId),
    ),
  ];
}

function heldBy(host: SimHost): string[] {
  return host.journal.slots.flatMap(({ networkId, whole, singles }) => [
    ...whole.map((slot) => `${networkId.slice(-4)} slot ${slot}`),
    ...singles.map((address) => `${networkId.slice(-4)} ${address}`),
  ]);
}

function slotsOf(state: StoreState, id: string): string[] {
  return state.below("slots/").flatMap((entry) => {
    const [, networkId = "", family, slot] = entry.key.split("/");
    const record = read<SlotRecord>(entry);
    const network = state.network(networkId)?.network;
    if ("host" in record) return record.host === id ? [`${networkId.slice(-4)} slot ${textOf(family, slot)}`] : [];
    return Object.entries(record.singles)
      .filter(
        ([address, host]) => host === id && network?.pools.some((p) => containsIp(cidrOf(p.subnet), ipOf(address))),
      )
      .map(([address]) => `${networkId.slice(-4)} ${address}`);
  });
}

const textOf = (family = "4", slot = "0"): string =>
  formatIp({ family: family === "6" ? 6 : 4, value: BigInt(`0x${slot}`) });

function unequal(what: string, found: readonly string[], wanted: readonly string[]): string[] {
  const missing = wanted.filter((each) => !found.includes(each));
  const extra = found.filter((each) => !wanted.includes(each));
  if (missing.length + extra.length === 0 && found.length === wanted.length) return [];
  return [`${what}: missing ${JSON.stringify(missing)}, too many ${JSON.stringify(extra)}`];
}
