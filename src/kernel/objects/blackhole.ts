import type { BlackholeObject } from "../../contracts/kernel.ts";
import { NLM_F_CREATE, NLM_F_REPLACE } from "../netlink/frame.ts";
import { splitCidr } from "../netlink/ip-address.ts";
import {
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTM_DELROUTE,
  RTM_NEWROUTE,
  RTN_BLACKHOLE,
  RTPROT_STATIC,
  routeMessage,
} from "../netlink/route.ts";
import { type Request, request } from "../netlink/socket.ts";
import type { Session } from "../netns/session.ts";
import { missing, type ObjectKind, outcome, unlessGone } from "./kind.ts";

/** IP6_RT_PRIO_* (include/uapi/linux/ipv6_route.h) are all below; a connected route has 256. */
const LAST = 0x7fffffff;

function ask(verb: string, type: number, flags: number, { destination }: BlackholeObject): Request {
  const { address, prefixLength, family } = splitCidr(destination);
  const header = { family, destinationLength: prefixLength, table: RT_TABLE_MAIN, protocol: RTPROT_STATIC };
  return request(`${verb} blackhole for ${destination}`, type, routeMessage, {
    flags,
    header: { ...header, scope: RT_SCOPE_UNIVERSE, type: RTN_BLACKHOLE },
    attributes: { destination: address, priority: LAST },
  });
}

function remove(session: Session, route: BlackholeObject): void {
  unlessGone(() => session.socket(route.netns).run([ask("remove", RTM_DELROUTE, 0, route)]));
}

/** A route of the main table that drops. */
export const blackholeKind: ObjectKind<BlackholeObject> = {
  name: ({ destination }) => `blackhole for ${destination}`,
  make(session, routes) {
    const requests = routes.map((route) => ask("put", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route));
    const verdicts = session.socket(routes[0]?.netns ?? "").try(requests);
    return routes.map((route, index) => outcome(verdicts[index], (later) => remove(later, route)));
  },
  check(seen, { netns, destination }) {
    const { address, prefixLength } = splitCidr(destination);
    const found = seen
      .routes(netns)
      .some((route) => isMain(route) && route.destination === `${address}/${prefixLength}`);
    return found ? undefined : missing("no such route");
  },
  mend(session, route) {
    session.socket(route.netns).run([ask("put", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route)]);
  },
  remove,
};

const isMain = ({ table, type }: { table: number; type: number }) => table === RT_TABLE_MAIN && type === RTN_BLACKHOLE;
