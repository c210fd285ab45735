import { KernelError } from "../../base/kernel-error.ts";
import { hostNetns, type ParentedObject } from "../../contracts/kernel.ts";
import { type LinkState, listLinks } from "../netlink/lists.ts";
import type { Session } from "../netns/session.ts";

/**
 * The kernel has hardly any words for what it refuses here; which rule of it was broken is told by looking at the
 * parent. drivers/net/macvlan.c, drivers/net/ipvlan/ipvlan_main.c, net/8021q/vlan.c at v6.12.
 */
export function explainRefusal(
  session: Session,
  error: KernelError,
  object: ParentedObject,
  parent: LinkState,
): KernelError {
  const why = reason(session, error, object, parent);
  return why === undefined ? error : new KernelError(error.operation, error.errno, why, { cause: error });
}

function reason(
  session: Session,
  { errno }: KernelError,
  object: ParentedObject,
  parent: LinkState,
): string | undefined {
  const { kind, name } = object;
  const on = `"${parent.name}"`;
  if (errno === "EOPNOTSUPP") return `this kernel has no ${kind} (module ${kind === "vlan" ? "8021q" : kind})`;
  if (parent.loopback && errno === "EINVAL") return `${on} is the loopback, which carries no other links`;
  if (errno === "EBUSY") return busy(session, kind, parent);
  if (errno === "EADDRINUSE")
    return kind === "macvlan"
      ? `another link on ${on} has the MAC ${object.mac} already`
      : `another link on ${on} has the address already`;
  if (errno === "EEXIST") return kind === "vlan" ? `"${name}", or the VLAN ${object.id} on ${on}, is there` : undefined;
  if (errno === "EINVAL" && kind === "macvlan") return invalid(object.mode, object.mtu, parent);
  return undefined;
}

/** netdev_rx_handler_register(): one taker of what comes in on a link. */
function busy(session: Session, kind: string, parent: LinkState): string {
  if (parent.master !== undefined) {
    const links = listLinks(session.socket(hostNetns));
    const bridge = links.find(({ ifIndex }) => ifIndex === parent.master)?.name ?? "another link";
    return `"${parent.name}" is a port of "${bridge}"; use "${bridge}" as the parent`;
  }
  const other = kind === "ipvlan" ? "macvlan" : "ipvlan";
  return `"${parent.name}" carries links of kind ${other}, beside which it cannot carry ${kind}`;
}

function invalid(mode: string, mtu: number, parent: LinkState): string {
  if (mtu > parent.mtu) return `its MTU of ${mtu} bytes is larger than that of "${parent.name}", ${parent.mtu}`;
  return mode === "passthru"
    ? `mode passthru needs "${parent.name}" for itself, and another link is on it`
    : `another link on "${parent.name}" is in mode passthru, beside which there can be none`;
}
