import { lastOf, networkOfAddress } from "../../base/cidr.ts";
import { formatIp } from "../../base/ip.ts";
import type { AddressObject } from "../../contracts/kernel.ts";
import { addrMessage, IFA_F_NODAD, RTM_DELADDR, RTM_NEWADDR } from "../netlink/addr.ts";
import { NLM_F_CREATE, NLM_F_EXCL } from "../netlink/frame.ts";
import { splitCidr } from "../netlink/ip-address.ts";
import { RT_SCOPE_LINK, RT_SCOPE_UNIVERSE } from "../netlink/route.ts";
import { type Request, request } from "../netlink/socket.ts";
import type { Session } from "../netns/session.ts";
import { missing, type ObjectKind, outcome, unlessGone } from "./kind.ts";

function header(object: AddressObject, ifIndex: number) {
  const { address, prefixLength, family } = splitCidr(object.address);
  // RFC 3927: 169.254/16 is good for the link only. IPv6 scopes are in the address itself.
  const scope = address.startsWith("169.254.") ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  return { family, prefixLength, scope, ifIndex };
}

function add(object: AddressObject, ifIndex: number): Request {
  const { address, prefixLength, family } = splitCidr(object.address);
  return request(`add ${name(object)}`, RTM_NEWADDR, addrMessage, {
    flags: NLM_F_CREATE | NLM_F_EXCL,
    header: header(object, ifIndex),
    attributes: {
      local: address,
      address,
      ...(family === 2 && prefixLength < 31 ? { broadcast: broadcastOf(object.address) } : {}),
      // Our addresses are reserved before they are used: looking for duplicates would only cost a second.
      ...(family === 10 ? { flags: IFA_F_NODAD } : {}),
    },
  });
}

const broadcastOf = (cidr: string): string => formatIp(lastOf(networkOfAddress(cidr)));

function remove(session: Session, object: AddressObject): void {
  unlessGone(() => {
    const ifIndex = session.ifIndex(object.netns, object.link);
    const { address } = splitCidr(object.address);
    const attributes = { local: address, address };
    const one = { header: header(object, ifIndex), attributes };
    session.socket(object.netns).run([request(`remove ${name(object)}`, RTM_DELADDR, addrMessage, one)]);
  });
}

const name = ({ address, link }: AddressObject) => `address ${address} on ${link}`;

/** An address of a link. */
export const addressKind: ObjectKind<AddressObject> = {
  name,
  make(session, objects) {
    const netns = objects[0]?.netns ?? "";
    const requests = objects.map((object) => add(object, session.ifIndex(netns, object.link)));
    const verdicts = session.socket(netns).try(requests);
    return objects.map((object, index) => outcome(verdicts[index], (later) => remove(later, object)));
  },
  check(seen, object) {
    const link = seen.link(object.netns, object.link);
    if (!link) return missing(`there is no link ${object.link}`);
    const { address, prefixLength } = splitCidr(object.address);
    const wanted = `${address}/${prefixLength}`;
    const ours = seen.addresses(object.netns).filter(({ ifIndex }) => ifIndex === link.ifIndex);
    if (ours.some((found) => found.address === wanted)) return undefined;
    return missing(`${object.link} has ${ours.map((found) => found.address).join(", ") || "no address"}`);
  },
  mend() {}, // an address is there or not
  remove,
};
