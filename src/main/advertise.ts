import { invalid } from "../base/errors.ts";
import { formatIp, isLinkLocal, isLoopback, parseIp } from "../base/ip.ts";
import type { HostLink, Kernel } from "../contracts/kernel.ts";

/** Where this host's tunnels end. */
export interface Place {
  readonly address: string;
  /** The link that has the address. */
  readonly device: string;
  readonly mtu: number;
}

/**
 * What --advertise names, an address or an interface of this host; "": the interface of the default route. Throws INVALID
 * for what no other host could reach.
 *
 * @example
 * placeOf("fd99::1", kernel); // { address: "fd99::1", device: "eth1", mtu: 1500 }
 */
export function placeOf(advertise: string, kernel: Pick<Kernel, "links" | "uplink">): Place {
  const ip = parseIp(advertise);
  const wanted = ip ? formatIp(ip) : advertise;
  const links = kernel.links("host");
  const link = advertise === "" ? kernel.uplink() : findLink(links, wanted);
  if (!link) throw refused(advertise === "" ? noUplink : noLink(advertise, links));
  if (!link.up) throw refused(`interface ${link.name} is down; "ip link set ${link.name} up" first`);
  if (ip && isLinkLocal(ip))
    throw refused(`${wanted} is link-local, which means nothing to other hosts; use another address of ${link.name}`);
  const address = ip ? wanted : addressesOf(link).filter(isReachable).sort(v4First)[0];
  if (address === undefined || !isReachable(address))
    throw refused(`interface ${link.name} has no address that other hosts could reach`);
  return { address, device: link.name, mtu: link.mtu };
}

const refused = (why: string): Error => invalid("--advertise", why);
const noUplink = "this host has no default route to take an address from; name an address or interface";
const noLink = (advertise: string, links: readonly HostLink[]): string =>
  `no interface of this host is or has "${advertise}", only ${links.map(({ name }) => name).join(", ")}`;
const v4First = (a: string, b: string) => Number(a.includes(":")) - Number(b.includes(":"));
const addressesOf = ({ addresses }: HostLink): string[] => addresses.map((cidr) => cidr.split("/")[0] ?? "");

function isReachable(text: string): boolean {
  const ip = parseIp(text);
  return ip !== undefined && !isLinkLocal(ip) && !isLoopback(ip);
}

const findLink = (links: readonly HostLink[], text: string): HostLink | undefined =>
  links.find(({ name }) => name === text) ?? links.find((link) => addressesOf(link).includes(text));
