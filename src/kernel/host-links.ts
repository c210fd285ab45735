import type { HostLink } from "../contracts/kernel.ts";
import { type AddressState, type LinkState, listAddresses, listLinks, listRoutes } from "./netlink/lists.ts";
import { RT_TABLE_MAIN, RTN_UNICAST } from "./netlink/route.ts";
import type { NetlinkSocket } from "./netlink/socket.ts";

/** Links of the socket's namespace with their addresses. */
export function hostLinks(socket: NetlinkSocket): HostLink[] {
  const byIndex = Map.groupBy(listAddresses(socket), ({ ifIndex }) => ifIndex);
  const links = listLinks(socket);
  const names = new Map(links.map(({ ifIndex, name }) => [ifIndex, name]));
  return links.map((link) => hostLink(link, byIndex.get(link.ifIndex) ?? [], names.get(link.master ?? 0)));
}

const hostLink = (link: LinkState, addresses: readonly AddressState[], master: string | undefined): HostLink => ({
  name: link.name,
  ifIndex: link.ifIndex,
  mac: link.mac,
  mtu: link.mtu,
  up: link.up,
  kind: link.kind,
  alias: link.alias,
  ...(master === undefined ? {} : { master }),
  addresses: addresses.map(({ address }) => address),
});

/** The link of the default route. The kernel lists routes to one destination by ascending metric, IPv4 first. */
export function uplinkOf(socket: NetlinkSocket): HostLink | undefined {
  const defaults = listRoutes(socket).filter(
    ({ destination, table, type, ifName }) =>
      destination.endsWith("/0") && table === RT_TABLE_MAIN && type === RTN_UNICAST && ifName !== "",
  );
  const name = (defaults.find(({ destination }) => destination === "0.0.0.0/0") ?? defaults[0])?.ifName;
  return name === undefined ? undefined : hostLinks(socket).find((link) => link.name === name);
}
