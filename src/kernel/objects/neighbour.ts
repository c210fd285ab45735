import type { NeighbourObject } from "../../contracts/kernel.ts";
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from "../netlink/frame.ts";
import { splitCidr } from "../netlink/ip-address.ts";
import { NUD_PERMANENT, neighbourMessage, RTM_DELNEIGH, RTM_NEWNEIGH } from "../netlink/neighbour.ts";
import { type Request, request } from "../netlink/socket.ts";
import type { Session } from "../netns/session.ts";
import { compare, missing, type ObjectKind, outcome, unlessGone } from "./kind.ts";
import { Snapshot } from "./snapshot.ts";

const name = ({ address, link }: NeighbourObject) => `neighbour ${address} on ${link}`;

function put(object: NeighbourObject, ifIndex: number, flags: number): Request {
  const { address, family } = splitCidr(object.address);
  return request(`put ${name(object)}`, RTM_NEWNEIGH, neighbourMessage, {
    flags: NLM_F_CREATE | flags,
    header: { family, ifIndex, state: NUD_PERMANENT },
    attributes: { destination: address, linkAddress: object.mac },
  });
}

function remove(session: Session, object: NeighbourObject): void {
  unlessGone(() => {
    const { address, family } = splitCidr(object.address);
    const header = { family, ifIndex: session.ifIndex(object.netns, object.link) };
    const one = { header, attributes: { destination: address } };
    session.socket(object.netns).run([request(`remove ${name(object)}`, RTM_DELNEIGH, neighbourMessage, one)]);
  });
}

/** A permanent entry of the neighbour table (ARP, ND). One that the kernel has learned is replaced by it. */
export const neighbourKind: ObjectKind<NeighbourObject> = {
  name,
  make(session, objects) {
    const netns = objects[0]?.netns ?? "";
    const indexes = objects.map(({ link }) => session.ifIndex(netns, link));
    const socket = session.socket(netns);
    const verdicts = socket.try(objects.map((object, at) => put(object, indexes[at] ?? 0, NLM_F_EXCL)));
    return objects.map((object, at) => {
      // Learned meanwhile: it would have aged and gone by itself, so undo need not bring it back.
      const replaced = verdicts[at]?.errno === "EEXIST" && !isPermanent(session, object);
      const [verdict] = replaced ? socket.try([put(object, indexes[at] ?? 0, NLM_F_REPLACE)]) : [verdicts[at]];
      return outcome(verdict, (later) => remove(later, object));
    });
  },
  check(seen, object) {
    const found = seen.neighbour(object.netns, object.link, splitCidr(object.address).address);
    if (!found) return missing("no such neighbour");
    return compare({ mac: [found.mac, object.mac], state: [found.permanent ? "permanent" : "learned", "permanent"] });
  },
  mend(session, object) {
    session.socket(object.netns).run([put(object, session.ifIndex(object.netns, object.link), NLM_F_REPLACE)]);
  },
  remove,
};

const isPermanent = (session: Session, object: NeighbourObject): boolean =>
  new Snapshot(session).neighbour(object.netns, object.link, splitCidr(object.address).address)?.permanent ?? false;
