import type { BridgeObject } from "../../contracts/kernel.ts";
import type { Session } from "../netns/session.ts";
import { compare, missing, type ObjectKind, outcome } from "./kind.ts";
import { createLink, raiseLink } from "./link-requests.ts";
import { FINISHED, markOf } from "./mark.ts";
import { removeLink } from "./remove-links.ts";

/**
 * The alias cannot be given at creation (Linux 6.18 takes it and drops it), nor may the MTU: only a change makes the
 * bridge keep it when its ports come and go (BROPT_MTU_SET_BY_USER, net/bridge/br_device.c).
 */
const settle = (bridge: BridgeObject) =>
  raiseLink(bridge.name, { address: bridge.mac, mtu: bridge.mtu, alias: markOf(bridge), group: FINISHED });

function make(session: Session, bridges: readonly BridgeObject[]) {
  const socket = session.socket(bridges[0]?.netns ?? "");
  const create = ({ name, mac }: BridgeObject) => createLink(name, { address: mac, info: { kind: "bridge" } });
  const outcomes = socket.try(bridges.map(create)).map((error) => outcome(error));
  const made = [...outcomes.keys()].filter((index) => outcomes[index]?.made);
  const settled = socket.try(bridges.filter((_, index) => made.includes(index)).map(settle));
  for (const [at, index] of made.entries()) if (settled[at]) outcomes[index] = { made: true, error: settled[at] };
  return outcomes;
}

/** A Linux bridge. */
export const bridgeKind: ObjectKind<BridgeObject> = {
  name: ({ name }) => `bridge ${name}`,
  make,
  check(seen, bridge) {
    const link = seen.link(bridge.netns, bridge.name);
    if (!link) return missing("no such link");
    return compare({
      kind: [link.kind, "bridge"],
      mac: [link.mac, bridge.mac],
      mtu: [link.mtu, bridge.mtu],
      state: [link.up ? "up" : "down", "up"],
      alias: [link.alias, markOf(bridge)],
    });
  },
  mend: (session, bridge, seen) => {
    const found = seen.link(bridge.netns, bridge.name);
    // Somebody's link of another kind is not ours to remove: making ours says EEXIST and names it.
    if (found && found.kind !== "bridge")
      session.socket(bridge.netns).run([createLink(bridge.name, { info: { kind: "bridge" } })]);
    session.socket(bridge.netns).run([settle(bridge)]);
  },
  remove: (session, bridge) => removeLink(session.socket(bridge.netns), bridge.name),
};
