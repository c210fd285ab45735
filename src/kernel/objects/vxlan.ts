import { KernelError } from "../../base/kernel-error.ts";
import type { VxlanObject } from "../../contracts/kernel.ts";
import { splitCidr } from "../netlink/ip-address.ts";
import { vxlanData } from "../netlink/link.ts";
import { getLink, type LinkState, listLinks } from "../netlink/lists.ts";
import type { NetlinkSocket, Request } from "../netlink/socket.ts";
import type { Session } from "../netns/session.ts";
import { compare, type Finding, missing, type ObjectKind, type Outcome, outcome } from "./kind.ts";
import { createLink, raiseLink, withoutLinkLocal } from "./link-requests.ts";
import { FINISHED, markOf } from "./mark.ts";
import { removeLink } from "./remove-links.ts";
import type { Snapshot } from "./snapshot.ts";

/** Hops a tunnel packet may take: 0, the kernel's own default, would be that of the namespace. */
const TTL = 64;
/** MDB_RTR_TYPE_PERM, include/uapi/linux/if_bridge.h. */
const ROUTER_ALWAYS = 2;
/** Outer IPv4 or IPv6 header, UDP, VXLAN, inner Ethernet: VXLAN_HEADROOM and VXLAN6_HEADROOM, include/net/vxlan.h. */
const headroom = (local: string): 50 | 70 => (local.includes(":") ? 70 : 50);

function create(vxlan: VxlanObject, device: number, master: number): Request {
  const { address, family } = splitCidr(vxlan.local);
  const data = vxlanData.encode({
    vni: vxlan.vni,
    device,
    ...(family === 2 ? { local: address } : { local6: address }),
    ttl: TTL,
    learning: 1,
    proxy: 1,
    port: vxlan.port,
  });
  return createLink(vxlan.name, { address: vxlan.mac, master, info: { kind: "vxlan", data } });
}

/**
 * The MTU is asked for here and not at creation, where the kernel would lower it without a word. The port gets what the
 * bridge has no entry for: all remote MACs. It gets all multicast too, though a container plays the multicast router
 * (and so turns snooping on): neighbour solicitations are multicast, and this device answers them.
 */
const settle = (vxlan: VxlanObject): Request =>
  raiseLink(vxlan.name, {
    address: vxlan.mac,
    mtu: vxlan.mtu,
    alias: markOf(vxlan),
    group: FINISHED,
    info: {
      slaveKind: "bridge",
      slaveData: { learning: 0, unicastFlood: 1, multicastRouter: ROUTER_ALWAYS },
    },
    ...withoutLinkLocal(vxlan.mtu),
  });

function make(session: Session, vxlans: readonly VxlanObject[]): Outcome[] {
  const places = vxlans.map((vxlan) => placeOf(session, vxlan)); // throws before anything is made
  return vxlans.map((vxlan, index) => makeOne(session.socket(vxlan.netns), vxlan, places[index] as Place));
}

interface Place {
  readonly device: number;
  readonly master: number;
}

function placeOf(session: Session, vxlan: VxlanObject): Place {
  const find = (link: string, what: string): number => {
    try {
      return session.ifIndex(vxlan.netns, link);
    } catch (error) {
      if (!(error instanceof KernelError) || error.errno !== "ENODEV") throw error;
      throw new KernelError(`create link "${vxlan.name}"`, "ENODEV", `${what} "${link}" is not there`, {
        cause: error,
      });
    }
  };
  return { device: find(vxlan.device, "its underlay"), master: find(vxlan.master, "its bridge") };
}

function makeOne(socket: NetlinkSocket, vxlan: VxlanObject, { device, master }: Place): Outcome {
  const [refused] = socket.try([create(vxlan, device, master)]);
  if (refused) return outcome(refused.errno === "EEXIST" ? taken(socket, vxlan, refused) : refused);
  const [error] = socket.try([settle(vxlan)]);
  return error ? { made: true, error: tooLarge(socket, vxlan, error) } : { made: true };
}

/** EEXIST is said of the name and of the VNI alike. A device that was moved away keeps its VNI here, and cannot be seen. */
function taken(socket: NetlinkSocket, vxlan: VxlanObject, error: KernelError): KernelError {
  const links = listLinks(socket);
  const namesake = links.find(({ name }) => name === vxlan.name);
  if (namesake) return error;
  const other = links.find((link) => {
    const found = dataOf(link);
    return found?.vni === vxlan.vni && found.port === vxlan.port;
  });
  const who = other ? `by link "${other.name}"` : "by a link that is now in another network namespace";
  const why = `VNI ${vxlan.vni} on UDP port ${vxlan.port} is in use on this host ${who}`;
  return new KernelError(error.operation, "EEXIST", why, { cause: error });
}

function tooLarge(socket: NetlinkSocket, vxlan: VxlanObject, error: KernelError): KernelError {
  if (error.errno !== "EINVAL") return error;
  const { mtu } = getLink(socket, vxlan.device);
  const most = mtu - headroom(vxlan.local);
  if (vxlan.mtu <= most) return error;
  const why = `MTU ${vxlan.mtu} is more than ${most}: "${vxlan.device}" has ${mtu}, and a tunnel takes ${mtu - most}`;
  return new KernelError(error.operation, "EINVAL", why, { cause: error });
}

const dataOf = ({ kind, data }: LinkState) => (kind === "vxlan" && data ? vxlanData.decode(data) : undefined);

/** What cannot be changed while the device is there, or not on every kernel. */
function foundation(seen: Snapshot, vxlan: VxlanObject, link: LinkState): Finding | undefined {
  const found = dataOf(link);
  return compare({
    vni: [found?.vni, vxlan.vni],
    port: [found?.port, vxlan.port],
    "local address": [found?.local ?? found?.local6, splitCidr(vxlan.local).address],
    underlay: [found?.device, seen.link(vxlan.netns, vxlan.device)?.ifIndex ?? vxlan.device],
    ttl: [found?.ttl, TTL],
    learning: [found?.learning, 1],
    proxy: [found?.proxy, 1],
    l2miss: [found?.l2miss ?? 0, 0],
    l3miss: [found?.l3miss ?? 0, 0],
    "route short-circuit": [found?.routeShortCircuit ?? 0, 0],
  });
}

const furnishing = (seen: Snapshot, vxlan: VxlanObject, link: LinkState): Finding | undefined =>
  compare({
    mac: [link.mac, vxlan.mac],
    mtu: [link.mtu, vxlan.mtu],
    "its bridge": [link.master, seen.link(vxlan.netns, vxlan.master)?.ifIndex ?? vxlan.master],
    "learning of the bridge": [link.learning, false],
    "unknown unicast": [link.unicastFlood, true],
    state: [link.up ? "up" : "down", "up"],
    alias: [link.alias, markOf(vxlan)],
  });

/** A VXLAN device, port of a bridge. Its remote endpoints: src/kernel/forwarding. */
export const vxlanKind: ObjectKind<VxlanObject> = {
  name: ({ name, vni }) => `vxlan ${name} (VNI ${vni})`,
  make,
  check(seen, vxlan) {
    const link = seen.link(vxlan.netns, vxlan.name);
    if (!link) return missing("no such link");
    if (link.kind !== "vxlan") return compare({ kind: [link.kind, "vxlan"] });
    const findings = [foundation(seen, vxlan, link), furnishing(seen, vxlan, link)].filter((one) => one !== undefined);
    return findings.length === 0
      ? undefined
      : { problem: "different", detail: findings.map(({ detail }) => detail).join("; ") };
  },
  mend(session, vxlan, seen) {
    const socket = session.socket(vxlan.netns);
    const link = seen.link(vxlan.netns, vxlan.name);
    if (link?.kind === "vxlan" && !foundation(seen, vxlan, link)) {
      socket.run([raiseLink(vxlan.name, { master: session.ifIndex(vxlan.netns, vxlan.master) }), settle(vxlan)]);
      return;
    }
    // Its forwarding entries go with it; whoever put them there reconciles. Somebody's link of another kind stays.
    if (link?.kind === "vxlan") removeLink(socket, vxlan.name);
    for (const { error } of make(session, [vxlan])) if (error) throw error;
  },
  remove: (session, vxlan) => removeLink(session.socket(vxlan.netns), vxlan.name),
};
