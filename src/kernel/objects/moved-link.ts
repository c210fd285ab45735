import { closeSync } from "node:fs";
import { KernelError } from "../../base/kernel-error.ts";
import { hostNetns, type MovedLinkObject } from "../../contracts/kernel.ts";
import { IFF_UP, linkMessage, RTM_SETLINK } from "../netlink/link.ts";
import { getLink, type LinkState } from "../netlink/lists.ts";
import { type Request, request } from "../netlink/socket.ts";
import type { Session } from "../netns/session.ts";
import { compare, missing, type ObjectKind, type Outcome } from "./kind.ts";
import { raiseLink } from "./link-requests.ts";
import { markOf, ownerIn } from "./mark.ts";

/**
 * A link that somebody else made in the host. One message moves it, names it, marks it and sets it up, so that no kill
 * finds it half-way; the way back is one message, too.
 */
export const movedLinkKind: ObjectKind<MovedLinkObject> = {
  name: ({ name, from }) => `link ${name} (in the host: ${from})`,
  make: (session, objects) => objects.map((object) => moveIn(session, object)),
  check(seen, object) {
    const link = seen.link(object.netns, object.name);
    if (!link) return missing("it is not in the sandbox");
    return compare({
      mac: [object.mac ? link.mac : "", object.mac],
      state: [link.up ? "up" : "down", "up"],
      alias: [link.alias, markOf(object)],
    });
  },
  mend: (session, object) => void session.socket(object.netns).run([raiseLink(object.name, settings(object))]),
  remove: moveBack,
};

const settings = (object: MovedLinkObject) => ({
  ...(object.mac ? { address: object.mac } : {}),
  alias: markOf(object),
});

function moveIn(session: Session, object: MovedLinkObject): Outcome {
  const netNsFd = session.namespaces.openFd(object.netns);
  try {
    const { ifIndex } = sourceOf(session, object);
    const attributes = { ifName: object.name, netNsFd, ...settings(object) };
    const what = `move link "${object.from}" into the sandbox as "${object.name}"`;
    const [error] = session
      .socket(hostNetns)
      .try([change(what, { ifIndex, flags: IFF_UP, change: IFF_UP }, attributes)]);
    return error ? { made: false, error } : { made: true, undo: (later) => moveBack(later, object) };
  } catch (error) {
    if (error instanceof KernelError) return { made: false, error };
    throw error;
  } finally {
    closeSync(netNsFd);
  }
}

/** The link in the host; one that is another part of ours is not to be had. */
function sourceOf(session: Session, { from, name }: MovedLinkObject): LinkState {
  const what = `move link "${from}" into the sandbox as "${name}"`;
  let link: LinkState;
  try {
    link = getLink(session.socket(hostNetns), from);
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== "ENODEV") throw error;
    throw new KernelError(what, "ENODEV", `this host has no link "${from}"`, { cause: error });
  }
  const owner = ownerIn(link.alias);
  if (owner !== undefined) throw new KernelError(what, "EBUSY", `it belongs to ${owner}`);
  return link;
}

/** Under its own name and without a mark, down; what it had of addresses and routes the kernel takes away. */
function moveBack(session: Session, { netns, name, from }: MovedLinkObject): void {
  const ifIndex = session.ifIndex(netns, name);
  const netNsFd = session.namespaces.openFd(hostNetns);
  try {
    const what = `move link "${name}" back into the host as "${from}"`;
    session.socket(netns).run([change(what, { ifIndex }, { ifName: from, netNsFd, alias: "" })]);
  } finally {
    closeSync(netNsFd);
  }
}

/** By index: with it, IFLA_IFNAME is the new name (do_setlink() of net/core/rtnetlink.c). */
const change = (
  operation: string,
  header: { ifIndex: number; flags?: number; change?: number },
  attributes: { ifName: string; netNsFd: number; alias: string; address?: string },
): Request => request(operation, RTM_SETLINK, linkMessage, { header, attributes });
