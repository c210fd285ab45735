import type { HostRoute, LinkCounters } from "../../contracts/kernel.ts";
import { addrMessage, RTM_GETADDR } from "./addr.ts";
import { IFF_UP, type LinkMessage, linkMessage, RTM_GETLINK, SKIP_STATISTICS } from "./link.ts";
import { AF_BRIDGE, type NeighbourMessage, NTF_MASTER, neighbourMessage, RTM_GETNEIGH } from "./neighbour.ts";
import { type RouteMessage, RTM_F_CLONED, RTM_GETROUTE, routeMessage } from "./route.ts";
import { RTM_GETRULE, type RuleMessage, ruleMessage } from "./rule.ts";
import { type NetlinkSocket, request } from "./socket.ts";

/** A link as we compare it. */
export interface LinkState {
  readonly ifIndex: number;
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  /** "" for hardware and loopback. */
  readonly kind: string;
  readonly alias: string;
  readonly group: number;
  /** ifIndex of its bridge; undefined without one. */
  readonly master: number | undefined;
  readonly isolated: boolean;
  readonly hairpin: boolean;
  /** As a port of a bridge: whether that learns from it, and sends it unicast that it has no entry for. */
  readonly learning: boolean;
  readonly unicastFlood: boolean;
  readonly loopback: boolean;
  /** ifIndex of its parent, which for a link of a sandbox is one of the host. */
  readonly lower: number | undefined;
  /** IFLA_INFO_DATA, which each kind reads its own way. */
  readonly data: Uint8Array | undefined;
}

/** A route with who made it: RTPROT_*, include/uapi/linux/rtnetlink.h. */
export interface RouteState extends HostRoute {
  readonly protocol: number;
}

export interface AddressState {
  readonly ifIndex: number;
  /** CIDR text. */
  readonly address: string;
}

const IFF_LOOPBACK = 8;

/** Reads a link message. */
export function linkState({ header, attributes }: LinkMessage): LinkState {
  return {
    ifIndex: header.ifIndex ?? 0,
    name: attributes.ifName ?? "",
    mac: attributes.address ?? "",
    mtu: attributes.mtu ?? 0,
    up: ((header.flags ?? 0) & IFF_UP) !== 0,
    kind: attributes.info?.kind ?? "",
    alias: attributes.alias ?? "",
    group: attributes.group ?? 0,
    master: attributes.master,
    hairpin: attributes.info?.slaveKind === "bridge" && attributes.info.slaveData?.mode === 1,
    isolated: attributes.info?.slaveKind === "bridge" && attributes.info.slaveData?.isolated === 1,
    learning: attributes.info?.slaveKind === "bridge" && attributes.info.slaveData?.learning === 1,
    unicastFlood: attributes.info?.slaveKind === "bridge" && attributes.info.slaveData?.unicastFlood === 1,
    loopback: ((header.flags ?? 0) & IFF_LOOPBACK) !== 0,
    lower: attributes.lower,
    data: attributes.info?.data,
  };
}

export function listLinks(socket: NetlinkSocket): LinkState[] {
  const ask = request("list links", RTM_GETLINK, linkMessage, {
    header: {},
    attributes: { extendedMask: SKIP_STATISTICS },
  });
  return socket.dump(linkMessage, ask).map(linkState);
}

/** Throws ENODEV without such a link. */
export function getLink(socket: NetlinkSocket, name: string): LinkState {
  const ask = { header: {}, attributes: { ifName: name, extendedMask: SKIP_STATISTICS } };
  return linkState(socket.get(linkMessage, request(`find link "${name}"`, RTM_GETLINK, linkMessage, ask)));
}

/** Throws ENODEV without such a link. */
export function getCounters(socket: NetlinkSocket, name: string): LinkCounters {
  const ask = request(`read counters of "${name}"`, RTM_GETLINK, linkMessage, {
    header: {},
    attributes: { ifName: name },
  });
  const { statistics } = socket.get(linkMessage, ask).attributes;
  const number = (value: bigint | undefined) => Number(value ?? 0n);
  return {
    rxBytes: number(statistics?.rxBytes),
    rxPackets: number(statistics?.rxPackets),
    rxErrors: number(statistics?.rxErrors),
    rxDropped: number(statistics?.rxDropped),
    txBytes: number(statistics?.txBytes),
    txPackets: number(statistics?.txPackets),
    txErrors: number(statistics?.txErrors),
    txDropped: number(statistics?.txDropped),
  };
}

/** Addresses of every link, both families. On a point-to-point link IFA_LOCAL is ours and IFA_ADDRESS the peer's. */
export function listAddresses(socket: NetlinkSocket): AddressState[] {
  return socket
    .dump(addrMessage, request("list addresses", RTM_GETADDR, addrMessage, { header: {}, attributes: {} }))
    .map(({ header, attributes }) => ({
      ifIndex: header.ifIndex ?? 0,
      address: `${attributes.local ?? attributes.address}/${header.prefixLength}`,
    }));
}

/** Routes of every table, both families. Without a link (unreachable, blackhole) `ifName` is "". */
export function listRoutes(socket: NetlinkSocket): RouteState[] {
  const names = new Map(listLinks(socket).map(({ ifIndex, name }) => [ifIndex, name]));
  const ask = request("list routes", RTM_GETROUTE, routeMessage, { header: {}, attributes: {} });
  return socket
    .dump(routeMessage, ask)
    .filter(({ header }) => ((header.flags ?? 0) & RTM_F_CLONED) === 0 && (header.family === 2 || header.family === 10))
    .map((route) => hostRoute(route, names));
}

function hostRoute({ header, attributes }: RouteMessage, names: ReadonlyMap<number, string>): RouteState {
  const any = header.family === 2 ? "0.0.0.0" : "::";
  const { gateway, outInterface, multipath } = attributes;
  return {
    destination: `${attributes.destination ?? any}/${header.destinationLength}`,
    ifName: names.get(outInterface ?? multipath?.ifIndex ?? 0) ?? "",
    ...(gateway === undefined ? {} : { gateway }),
    table: attributes.table ?? header.table ?? 0,
    type: header.type ?? 0,
    protocol: header.protocol ?? 0,
  };
}

export function listRules(socket: NetlinkSocket): RuleMessage[] {
  return socket.dump(ruleMessage, request("list rules", RTM_GETRULE, ruleMessage, { header: {}, attributes: {} }));
}

/** Neighbours (ARP, ND), or with `family` AF_BRIDGE (7) the forwarding entries of bridges. */
export function listNeighbours(socket: NetlinkSocket, family: 0 | 2 | 7 | 10): NeighbourMessage[] {
  const ask = { header: { family }, attributes: {} };
  return socket.dump(neighbourMessage, request("list neighbours", RTM_GETNEIGH, neighbourMessage, ask));
}

/** The entry of a MAC in the forwarding database of the bridge that `ifIndex` is a port of (Linux 5.0); throws ENOENT without one. */
export function getBridgeEntry(socket: NetlinkSocket, ifIndex: number, mac: string): NeighbourMessage {
  const ask = { header: { family: AF_BRIDGE, ifIndex, flags: NTF_MASTER }, attributes: { linkAddress: mac } };
  return socket.get(neighbourMessage, request(`find forwarding entry of ${mac}`, RTM_GETNEIGH, neighbourMessage, ask));
}
