import { closeSync } from "node:fs";
import { KernelError } from "../../base/kernel-error.ts";
import { hostNetns, type NetnsRef, type ParentedObject } from "../../contracts/kernel.ts";
import type { LinkMessage } from "../netlink/link.ts";
import { getLink, type LinkState } from "../netlink/lists.ts";
import type { Request } from "../netlink/socket.ts";
import type { Session } from "../netns/session.ts";
import { compare, missing, type ObjectKind, type Outcome, outcome } from "./kind.ts";
import { changeLink, createLink, raiseLink, withoutLinkLocal } from "./link-requests.ts";
import { FINISHED, markOf } from "./mark.ts";
import { explainRefusal } from "./on-parent-errors.ts";
import { removeLink } from "./remove-links.ts";

type LinkValues = LinkMessage["attributes"];

/** What tells one kind of link on a parent from another. */
export interface ParentedForm<O extends ParentedObject> {
  readonly kind: O["kind"];
  /** IFLA_INFO_DATA. */
  readonly data: (object: O) => Uint8Array;
  /** What it can be given at any time. */
  readonly settings: (object: O) => LinkValues;
  readonly compare: (link: LinkState, object: O) => Readonly<Record<string, readonly [unknown, unknown]>>;
}

/**
 * A kind of link that sits on a link of the host. It is made from the host, where its parent is, straight into its own
 * namespace with its final name: no moment of it is seen in the host.
 */
export function parentedKind<O extends ParentedObject>(form: ParentedForm<O>): ObjectKind<O> {
  const name = (object: O) => `${object.kind} ${object.name} on ${object.parent}`;
  const settle = (object: O) => settleRequests(object, form.settings(object));
  const make = (session: Session, objects: readonly O[]) => makeAll(session, objects, form, settle);
  return {
    name,
    make,
    check(seen, object) {
      const parent = seen.link(hostNetns, object.parent);
      const link = seen.link(object.netns, object.name);
      if (!link) return missing(parent ? "no such link" : `its parent "${object.parent}" is not there`);
      return compare({
        kind: [link.kind, form.kind],
        // A parent that is not there has no index: its name stands for it, and never equals what was found.
        parent: [link.lower, parent?.ifIndex ?? object.parent],
        ...form.compare(link, object),
        state: [link.up ? "up" : "down", "up"],
        alias: [link.alias, markOf(object)],
      });
    },
    mend(session, object, seen) {
      const found = seen.link(object.netns, object.name);
      const parent = parentOf(session, object);
      const rebuilt = found && { ...form.compare(found, object), lower: [found.lower, parent.ifIndex] as const };
      if (found?.kind === form.kind && compare(rebuildable(rebuilt ?? {})) === undefined) {
        session.socket(object.netns).run(settle(object));
        return;
      }
      // Only a link of our kind makes room; somebody's of another kind stays, and making ours says EEXIST.
      if (found?.kind === form.kind) removeLink(session.socket(object.netns), object.name);
      for (const { error } of make(session, [object])) if (error) throw error;
    },
    remove: (session, object) => removeLink(session.socket(object.netns), object.name),
  };
}

/** What only a new link can have: all but its MAC and MTU. */
const rebuildable = <T>({ mac: _mac, mtu: _mtu, ...rest }: Readonly<Record<string, T>>) => rest;

/** In the host it has no address that nobody gave it, and so is told before it is up. */
function settleRequests(object: ParentedObject, settings: LinkValues): Request[] {
  const quiet = object.netns === hostNetns && object.kind !== "vlan" ? withoutLinkLocal(object.mtu) : {};
  return [
    ...(Object.keys(quiet).length > 0 ? [changeLink(object.name, quiet)] : []),
    raiseLink(object.name, { ...settings, alias: markOf(object), group: FINISHED }),
  ];
}

/**
 * The parent, which has to be there, and for a VLAN up (vlan_dev_open() of net/8021q/vlan_dev.c; the others wait for it
 * without a carrier); throws ENODEV or ENETDOWN in words.
 */
function parentOf(session: Session, object: ParentedObject): LinkState {
  const what = `create ${object.kind} "${object.name}" on "${object.parent}"`;
  let parent: LinkState;
  try {
    parent = getLink(session.socket(hostNetns), object.parent);
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== "ENODEV") throw error;
    throw new KernelError(what, "ENODEV", `this host has no link "${object.parent}"`, { cause: error });
  }
  if (parent.up || object.kind !== "vlan") return parent;
  throw new KernelError(what, "ENETDOWN", `"${object.parent}" is down: ip link set ${object.parent} up`);
}

function makeAll<O extends ParentedObject>(
  session: Session,
  objects: readonly O[],
  form: ParentedForm<O>,
  settle: (object: O) => Request[],
): Outcome[] {
  const netns: NetnsRef = objects[0]?.netns ?? hostNetns;
  const parents = objects.map((object) => parentOf(session, object));
  const netNsFd = netns === hostNetns ? undefined : session.namespaces.openFd(netns);
  const explain = (error: KernelError, at: number) =>
    explainRefusal(session, error, objects[at] as O, parents[at] as LinkState);
  try {
    const creations = objects.map((object, at) =>
      createLink(object.name, {
        ...form.settings(object),
        lower: parents[at]?.ifIndex,
        netNsFd,
        info: { kind: form.kind, data: form.data(object) },
      }),
    );
    const verdicts = session.socket(hostNetns).try(creations);
    const outcomes = verdicts.map((error, at) => outcome(error && explain(error, at)));
    const made = [...outcomes.keys()].filter((at) => outcomes[at]?.made);
    const requests = made.flatMap((at) => settle(objects[at] as O).map((request) => ({ at, request })));
    const settled = session.socket(netns).try(requests.map(({ request }) => request));
    for (const [index, error] of settled.entries()) {
      const at = requests[index]?.at ?? 0;
      if (error) outcomes[at] = { made: true, error: explain(error, at) };
    }
    return outcomes;
  } finally {
    if (netNsFd !== undefined) closeSync(netNsFd);
  }
}
