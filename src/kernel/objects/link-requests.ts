import { existsSync } from "node:fs";
import type { Values } from "../netlink/codec.ts";
import { NLM_F_CREATE, NLM_F_EXCL } from "../netlink/frame.ts";
import { ADDR_GEN_MODE_NONE, IFF_UP, linkMessage, RTM_NEWLINK } from "../netlink/link.ts";
import { type Request, request } from "../netlink/socket.ts";
import { UNFINISHED } from "./mark.ts";

type LinkValues = Values<(typeof linkMessage)["attributes"]>;

/**
 * Makes a link that must not be there yet; down, for a veth cannot be made up (ENOTCONN: its peer is not there). It is in
 * the group of the unfinished: see mark.ts.
 */
export const createLink = (name: string, attributes: LinkValues): Request =>
  request(`create link "${name}"`, RTM_NEWLINK, linkMessage, {
    flags: NLM_F_CREATE | NLM_F_EXCL,
    header: {},
    attributes: { ifName: name, group: UNFINISHED, ...attributes },
  });

/** Changes a link of this name, which stays up or down. */
export const changeLink = (name: string, attributes: LinkValues): Request =>
  request(`change link "${name}"`, RTM_NEWLINK, linkMessage, {
    header: {},
    attributes: { ifName: name, ...attributes },
  });

/** Changes a link of this name and makes it up. RTM_NEWLINK, because RTM_SETLINK takes no bridge port settings. */
export const raiseLink = (name: string, attributes: LinkValues): Request =>
  request(`set up link "${name}"`, RTM_NEWLINK, linkMessage, {
    header: { flags: IFF_UP, change: IFF_UP },
    attributes: { ifName: name, ...attributes },
  });

/** Smallest MTU with which a link has IPv6 at all (IPV6_MIN_MTU, RFC 8200 section 5). */
const IPV6_MIN_MTU = 1280;
let ipv6: boolean | undefined;

/** Whether links of this MTU take IPv6 settings; a kernel without IPv6 refuses them with EAFNOSUPPORT. */
export function takesIpv6(mtu: number): boolean {
  ipv6 ??= existsSync("/proc/sys/net/ipv6");
  return ipv6 && mtu >= IPV6_MIN_MTU;
}

/** No link-local address of its own: the near end of a pair only carries what the bridge sends. */
export const withoutLinkLocal = (mtu: number): LinkValues =>
  takesIpv6(mtu) ? { familySpec: { inet6: { addrGenMode: ADDR_GEN_MODE_NONE } } } : {};
