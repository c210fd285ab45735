import { closeSync } from "node:fs";
import { KernelError } from "../../base/kernel-error.ts";
import type { NetnsRef, VethObject } from "../../contracts/kernel.ts";
import { vethData } from "../netlink/link.ts";
import type { Request } from "../netlink/socket.ts";
import type { Session } from "../netns/session.ts";
import { compare, type Finding, missing, type ObjectKind, type Outcome, outcome } from "./kind.ts";
import { createLink, raiseLink, withoutLinkLocal } from "./link-requests.ts";
import { FINISHED, markOf } from "./mark.ts";
import { removeLink } from "./remove-links.ts";
import type { Snapshot } from "./snapshot.ts";

/** Both ends at once, the far one straight into its namespace with its final name and MAC. */
function create(veth: VethObject, peerNsFd: number, master: number | undefined): Request {
  const { name, mac } = veth.peer;
  const attributes = { ifName: name, mtu: veth.mtu, netNsFd: peerNsFd, ...(mac ? { address: mac } : {}) };
  const data = vethData.encode({ peer: { header: {}, attributes } });
  return createLink(veth.name, { mtu: veth.mtu, master, info: { kind: "veth", data } });
}

/** What the near end cannot be given at creation: see bridge.ts on the alias; port settings need the port to be there. */
// Hairpin mode: where br_netfilter is loaded, a container's packet to its own published port is turned round on the bridge.
const settle = (veth: VethObject): Request =>
  raiseLink(veth.name, {
    mtu: veth.mtu,
    alias: markOf(veth),
    group: FINISHED,
    ...(veth.master ? { info: { slaveKind: "bridge", slaveData: portOf(veth) } } : {}),
    ...withoutLinkLocal(veth.mtu),
  });

const learns = (veth: VethObject): boolean => veth.learns ?? true;
const portOf = (veth: VethObject) => ({
  mode: 1,
  learning: learns(veth) ? 1 : 0,
  unicastFlood: learns(veth) ? 1 : 0,
  isolated: veth.isolated ? 1 : 0,
});

/** Making the far end up last is what brings the carrier: by then the near end is a settled port of its bridge. */
const raisePeer = ({ peer, mtu }: VethObject): Request =>
  raiseLink(peer.name, { mtu, ...(peer.mac ? { address: peer.mac } : {}) });

function make(session: Session, veths: readonly VethObject[]): Outcome[] {
  const outcomes = createPairs(session, veths).map((error) => outcome(error));
  const step = (netnsOf: (veth: VethObject) => NetnsRef, requestOf: (veth: VethObject) => Request) => {
    const going = [...outcomes.keys()].filter((index) => outcomes[index]?.made && !outcomes[index].error);
    for (const [netns, indexes] of Map.groupBy(going, (index) => netnsOf(veths[index] as VethObject))) {
      const errors = attempt(
        session,
        netns,
        indexes.map((index) => requestOf(veths[index] as VethObject)),
      );
      for (const [at, index] of indexes.entries()) if (errors[at]) outcomes[index] = { made: true, error: errors[at] };
    }
  };
  step(
    (veth) => veth.netns,
    (veth) => settle(veth),
  );
  step((veth) => veth.peer.netns, raisePeer);
  return outcomes;
}

function createPairs(session: Session, veths: readonly VethObject[]): (KernelError | undefined)[] {
  const { netns } = veths[0] as VethObject;
  const descriptors = new Map<NetnsRef, number>();
  try {
    const requests = veths.map((veth) => {
      const fd = descriptors.get(veth.peer.netns) ?? session.namespaces.openFd(veth.peer.netns);
      descriptors.set(veth.peer.netns, fd);
      return create(veth, fd, veth.master === undefined ? undefined : session.ifIndex(netns, veth.master));
    });
    const verdicts = session.socket(netns).try(requests);
    return verdicts.map((error, index) => error && explained(error, veths[index]?.master));
  } finally {
    for (const fd of descriptors.values()) closeSync(fd);
  }
}

/** The kernel has no words for a bridge that is full: 1 << BR_PORT_BITS, less one, net/bridge/br_private.h. */
const explained = (error: KernelError, bridge: string | undefined): KernelError =>
  error.errno === "EXFULL"
    ? new KernelError(error.operation, "EXFULL", `bridge "${bridge}" has the 1,023 ports that a Linux bridge can have`)
    : error;

/** As socket.try(), with a sandbox that cannot be entered as everybody's failure: the pairs are made and must be undone. */
function attempt(session: Session, netns: NetnsRef, requests: readonly Request[]): (KernelError | undefined)[] {
  try {
    return session.socket(netns).try(requests);
  } catch (error) {
    if (error instanceof KernelError) return requests.map(() => error);
    throw error;
  }
}

function check(seen: Snapshot, veth: VethObject): Finding | undefined {
  const near = seen.link(veth.netns, veth.name);
  if (!near) return missing("no such link");
  const far = seen.link(veth.peer.netns, veth.peer.name);
  const master = veth.master === undefined ? undefined : seen.link(veth.netns, veth.master)?.ifIndex;
  return compare({
    kind: [near.kind, "veth"],
    // A bridge that is not there has no index: its name stands for it, and never equals what was found.
    "its bridge": [near.master, master ?? veth.master],
    hairpin: [near.hairpin, veth.master !== undefined],
    isolated: [near.isolated, veth.isolated && veth.master !== undefined],
    learning: [near.learning, learns(veth) && veth.master !== undefined],
    "unknown unicast": [near.unicastFlood, learns(veth) && veth.master !== undefined],
    mtu: [near.mtu, veth.mtu],
    state: [near.up ? "up" : "down", "up"],
    alias: [near.alias, markOf(veth)],
    [`far end ${veth.peer.name}`]: [far?.kind, "veth"],
    "far end's mtu": [far?.mtu, veth.mtu],
    "far end's state": [far?.up ? "up" : "down", "up"],
    "far end's mac": [veth.peer.mac ? far?.mac : "", veth.peer.mac],
  });
}

/** A veth pair, near end usually a port of a bridge. */
export const vethKind: ObjectKind<VethObject> = {
  name: ({ name, peer }) => `veth ${name} (${peer.name} in ${peer.netns})`,
  make,
  check,
  mend(session, veth, seen) {
    if (seen.link(veth.netns, veth.name)?.kind !== "veth" || !seen.link(veth.peer.netns, veth.peer.name)) {
      // The far end was renamed or moved away: nothing short of a new pair brings it back under its name.
      removeOurs(session, veth, seen);
      for (const { error } of make(session, [veth])) if (error) throw error;
      return;
    }
    const master = veth.master === undefined ? 0 : session.ifIndex(veth.netns, veth.master);
    session.socket(veth.netns).run([raiseLink(veth.name, { master }), settle(veth)]);
    session.socket(veth.peer.netns).run([raisePeer(veth)]);
  },
  remove: (session, veth) => removeLink(session.socket(veth.netns), veth.name),
};

/** Only a veth is removed to make room; somebody's link of another kind stays, and making ours says EEXIST. */
function removeOurs(session: Session, veth: VethObject, seen: Snapshot): void {
  if (seen.link(veth.netns, veth.name)?.kind === "veth") removeLink(session.socket(veth.netns), veth.name);
}
