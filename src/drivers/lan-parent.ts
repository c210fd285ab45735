import { EngineError, invalid } from "../base/errors.ts";
import { shortId } from "../base/ids.ts";
import { interfaceNameRule, isInterfaceName } from "../base/interface-name.ts";
import type { Lan, Machine } from "../contracts/driver.ts";
import { type HostLink, hostNetns, type KernelObject } from "../contracts/kernel.ts";
import type { Network } from "../model/network.ts";
import { mtuOption, refuseUnworkableInterfaces } from "./interface-options.ts";
import { detectsDuplicates, parentOption } from "./lan-options.ts";

/** How a network's parent came about: found on the machine, or made by us and shared by all networks that name it. */
type Origin = "found" | "vlan" | "isolated";

interface Parent {
  readonly name: string;
  readonly origin: Origin;
  /** Largest that links on it may have, bytes. */
  readonly mtu: number;
}

/** Name of the parent of a network that has been made. */
export const parentOf = ({ options }: Network): string => options[parentOption] ?? "";

/**
 * Chooses the parent for good, so that it does not move when the default route does, and takes the MTU from it. Throws
 * when there is none that could carry the network.
 */
export function chooseParent(network: Network, machine: Machine): Network {
  const parent = findParent(network, machine);
  const mtu = mtuOn(parent, network);
  const chosen = {
    ...network,
    mtu,
    options: { ...network.options, [parentOption]: parent.name },
    settled: { ...network.settled, parent: parent.origin },
  };
  refuseUnworkableInterfaces(chosen);
  return chosen;
}

/** A parent without an outside leads to no LAN. */
export const lanOf = (network: Network): Lan | undefined =>
  network.settled?.["parent"] === "isolated"
    ? undefined
    : { link: parentOf(network), detectDuplicates: detectsDuplicates(network) };

/** Networks whose containers would be on the same parent. */
export const besides = (network: Network, { networks }: Machine): Network[] =>
  networks.filter(({ driver, options }) => onParents.has(driver) && options[parentOption] === parentOf(network));

const onParents: ReadonlySet<string> = new Set(["macvlan", "ipvlan"]);

/** A refusal that names the network that is on the parent already. */
export const clash = (network: Network, other: Network, why: string): EngineError =>
  new EngineError("NETWORK_REFUSED", {
    network: network.name,
    why: `its parent "${parentOf(network)}" carries network ${other.name} (${other.driver}), and ${why}`,
  });

/** The kernel gives what comes in on a link to one of the two. */
export function refuseOtherKind(network: Network, others: readonly Network[]): void {
  const other = others.find(({ driver }) => driver !== network.driver);
  if (other) throw clash(network, other, "one link cannot carry macvlan and ipvlan; use another parent or that driver");
}

function findParent(network: Network, { links, uplink }: Machine): Parent {
  const wanted = network.options[parentOption];
  if (!wanted && network.internal) return { name: isolatedParent(network), origin: "isolated", mtu: largestMtu };
  if (!wanted && !uplink) {
    const why = "the host has no default route whose link could be its parent; name one with --opt parent=LINK";
    throw new EngineError("NETWORK_REFUSED", { network: network.name, why });
  }
  const name = wanted || (uplink?.name ?? "");
  if (!isInterfaceName(name)) throw refused(`"${name}" is no interface name: ${interfaceNameRule}`);
  const link = links.find((each) => each.name === name);
  if (!link) return newVlan(name, links);
  refuseUnfit(link);
  return { name, origin: originOf(link), mtu: link.mtu };
}

/** Ours are known by their mark; see parentObjects(). */
function originOf({ name, alias, kind }: HostLink): Origin {
  if (!alias.startsWith(`fairlead ${ownerOf(name)} `)) return "found";
  return kind === "vlan" ? "vlan" : "isolated";
}

function newVlan(name: string, links: readonly HostLink[]): Parent {
  const vlan = parseVlan(name);
  const lower = links.find((link) => link.name === vlan?.lower);
  if (!vlan) throw refused(`this host has no link "${name}"`);
  if (!lower) throw refused(`this host has neither a link "${name}" nor "${vlan.lower}" to make it on`);
  if (vlan.id < 1 || vlan.id > 4094) throw refused(`${vlan.id} is no VLAN id: 1 to 4094`);
  refuseLoopback(lower);
  if (!lower.up) throw refused(`"${lower.name}" is down; set it up first: ip link set ${lower.name} up`);
  return { name, origin: "vlan", mtu: lower.mtu };
}

/** eth0.50: VLAN 50 on eth0. */
function parseVlan(name: string): { lower: string; id: number } | undefined {
  const [, lower, id] = /^(.+)\.(\d{1,4})$/.exec(name) ?? [];
  return lower === undefined ? undefined : { lower, id: Number(id) };
}

const stacked: ReadonlySet<string> = new Set(["macvlan", "macvtap", "ipvlan", "ipvtap"]);

function refuseUnfit(link: HostLink): void {
  refuseLoopback(link);
  if (link.master !== undefined)
    throw refused(`"${link.name}" is a port of "${link.master}"; use "${link.master}" itself`);
  if (stacked.has(link.kind)) throw refused(`"${link.name}" is itself a link of kind ${link.kind}; use its parent`);
}

function refuseLoopback({ name }: HostLink): void {
  if (name === "lo") throw refused(`"lo" is the loopback, which carries no other links`);
}

const refused = (why: string) => invalid(`option "${parentOption}"`, why);

/** ETH_MAX_MTU, include/uapi/linux/if_ether.h: room for whatever networks on it want. */
const largestMtu = 65535;

/** As asked for, which must fit; else the parent's; else, on one without an outside, what the network has anyway. */
function mtuOn(parent: Parent, network: Network): number {
  const asked = network.options[mtuOption];
  if (!asked || asked === "0") return parent.origin === "isolated" ? network.mtu : parent.mtu;
  if (network.mtu <= parent.mtu) return network.mtu;
  throw invalid(`option "${mtuOption}"`, `${network.mtu} is more than "${parent.name}" carries, ${parent.mtu} bytes`);
}

/** Docker's name for it. */
const isolatedParent = ({ id }: Network): string => `dm-${shortId(id)}`;

const ownerOf = (parent: string): string => `parent/${parent}`;

/**
 * What a parent consists of that we made. Networks that share it describe it in the same words, so that it is made with
 * the first of them and removed with the last.
 */
export function parentObjects(network: Network): KernelObject[] {
  const name = parentOf(network);
  const mark = { netns: hostNetns, owner: ownerOf(name), why: "parent of networks" };
  const setting = (key: string, value: string) => ({ kind: "sysctl", ...mark, key, value, optional: true }) as const;
  const vlan = parseVlan(name);
  if (network.settled?.["parent"] === "vlan" && vlan) {
    const link = { kind: "vlan", ...mark, name, parent: vlan.lower, id: vlan.id } as const;
    // It is for containers: the host does not take what that VLAN's router advertises.
    return [link, setting(`net/ipv6/conf/${name}/disable_ipv6`, "1")];
  }
  if (network.settled?.["parent"] !== "isolated") return [];
  const end = deadEnd(name);
  return [
    { kind: "veth", ...mark, name, mtu: largestMtu, isolated: false, peer: { netns: hostNetns, name: end, mac: "" } },
    setting(`net/ipv6/conf/${name}/disable_ipv6`, "1"),
    // What comes out at the end is dropped by the firewall's raw_prerouting, ARP here: nobody answers for the host.
    setting(`net/ipv6/conf/${end}/disable_ipv6`, "1"),
    setting(`net/ipv4/conf/${end}/arp_ignore`, "8"),
  ];
}

/** The other end of an isolated parent, which only has to be there: without it there would be no carrier. */
const deadEnd = (parent: string): string => `flx${parent.replace(/^dm-/, "")}`;
