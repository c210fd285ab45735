import { KernelError } from "../../base/kernel-error.ts";
import type { BridgeFdbObject } from "../../contracts/kernel.ts";
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from "../netlink/frame.ts";
import { getBridgeEntry, listLinks } from "../netlink/lists.ts";
import {
  AF_BRIDGE,
  NTF_MASTER,
  NUD_NOARP,
  NUD_PERMANENT,
  neighbourMessage,
  RTM_DELNEIGH,
  RTM_NEWNEIGH,
} from "../netlink/neighbour.ts";
import { type NetlinkSocket, type Request, request } from "../netlink/socket.ts";
import type { Session } from "../netns/session.ts";
import { compare, missing, type ObjectKind, type Outcome, outcome, unlessGone } from "./kind.ts";

const name = ({ mac, link }: BridgeFdbObject) => `forwarding entry of ${mac} on ${link}`;

/** NUD_NOARP is what bridge(8) calls static; NUD_PERMANENT would make the MAC the bridge's own. */
const put = (object: BridgeFdbObject, ifIndex: number, flags: number): Request =>
  request(`add ${name(object)}`, RTM_NEWNEIGH, neighbourMessage, {
    flags: NLM_F_CREATE | flags,
    header: { family: AF_BRIDGE, ifIndex, state: NUD_NOARP, flags: NTF_MASTER },
    attributes: { linkAddress: object.mac },
  });

function makeOne(session: Session, object: BridgeFdbObject, ifIndex: number): Outcome {
  const socket = session.socket(object.netns);
  const undo = (later: Session) => remove(later, object);
  const [error] = socket.try([put(object, ifIndex, NLM_F_EXCL)]);
  if (error?.errno !== "EEXIST") return outcome(error, undo);
  const { state, ifIndex: port } = getBridgeEntry(socket, ifIndex, object.mac).header;
  // Learned from traffic, while the port was let learn: it would have aged away. Anything else is somebody's.
  if (((state ?? 0) & (NUD_NOARP | NUD_PERMANENT)) === 0)
    return outcome(socket.try([put(object, ifIndex, NLM_F_REPLACE)])[0], undo);
  return outcome(new KernelError(error.operation, "EEXIST", ownerText(socket, port), { cause: error }));
}

function ownerText(socket: NetlinkSocket, port: number | undefined): string {
  const link = listLinks(socket).find(({ ifIndex }) => ifIndex === port);
  return `this MAC is that of ${link ? `${link.name}${link.alias ? `, ${link.alias}` : ""}` : "another port"} already`;
}

function remove(session: Session, object: BridgeFdbObject): void {
  unlessGone(() => {
    const header = {
      family: AF_BRIDGE,
      ifIndex: session.ifIndex(object.netns, object.link),
      state: NUD_NOARP,
      flags: NTF_MASTER,
    };
    const one = { header, attributes: { linkAddress: object.mac } };
    session.socket(object.netns).run([request(`remove ${name(object)}`, RTM_DELNEIGH, neighbourMessage, one)]);
  });
}

/** A static entry of the forwarding database of a port's bridge. */
export const bridgeFdbKind: ObjectKind<BridgeFdbObject> = {
  name,
  make(session, objects) {
    const ports = objects.map(({ netns, link }) => session.ifIndex(netns, link));
    return objects.map((object, index) => makeOne(session, object, ports[index] as number));
  },
  check(seen, object) {
    const port = seen.link(object.netns, object.link);
    if (!port) return missing(`there is no link ${object.link}`);
    const entry = seen.bridgeEntry(object.netns, port.ifIndex, object.mac);
    if (!entry) return missing("no such entry");
    return compare({ port: [entry.ifIndex, port.ifIndex], static: [((entry.state ?? 0) & NUD_NOARP) !== 0, true] });
  },
  mend(session, object) {
    const ifIndex = session.ifIndex(object.netns, object.link);
    session.socket(object.netns).run([put(object, ifIndex, NLM_F_REPLACE)]);
  },
  remove,
};
