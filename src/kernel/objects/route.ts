import type { HostRoute, RouteObject } from "../../contracts/kernel.ts";
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from "../netlink/frame.ts";
import { decodeAddress, encodeAddress, splitCidr } from "../netlink/ip-address.ts";
import { listRoutes } from "../netlink/lists.ts";
import {
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTM_DELROUTE,
  RTM_NEWROUTE,
  RTN_UNICAST,
  RTPROT_STATIC,
  routeMessage,
} from "../netlink/route.ts";
import { type Request, request } from "../netlink/socket.ts";
import type { Session } from "../netns/session.ts";
import { compare, missing, type ObjectKind, type Outcome, outcome, unlessGone } from "./kind.ts";

type Target = Pick<RouteObject, "destination" | "gateway" | "link" | "table">;

const tableOf = ({ table }: Pick<RouteObject, "table">): number => table ?? RT_TABLE_MAIN;
/** The header has eight bits for it; a number that does not fit is in the attribute alone (RT_TABLE_UNSPEC). */
const inHeader = (table: number): number => (table < 256 ? table : 0);

function describe(route: Target, ifIndex: number) {
  const { address, prefixLength, family } = splitCidr(route.destination);
  const onLink = family === 2 && route.gateway === undefined;
  return {
    header: {
      family,
      destinationLength: prefixLength,
      table: inHeader(tableOf(route)),
      protocol: RTPROT_STATIC,
      scope: onLink ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
      type: RTN_UNICAST,
    },
    attributes: {
      ...(prefixLength === 0 ? {} : { destination: address }),
      outInterface: ifIndex,
      ...(inHeader(tableOf(route)) === 0 ? { table: tableOf(route) } : {}),
      ...(route.gateway === undefined ? {} : { gateway: route.gateway }),
    },
  };
}

const put = (route: Target, ifIndex: number, flags: number): Request =>
  request(`put ${name(route)}`, RTM_NEWROUTE, routeMessage, {
    flags: NLM_F_CREATE | flags,
    ...describe(route, ifIndex),
  });

function remove(session: Session, route: RouteObject): void {
  unlessGone(() => {
    const { header, attributes } = describe(route, session.ifIndex(route.netns, route.link));
    // Whoever made it, with whatever scope and protocol: a zero in these matches any (fib_table_delete()).
    const one = { header: { ...header, protocol: 0, scope: 255 }, attributes };
    session.socket(route.netns).run([request(`remove ${name(route)}`, RTM_DELROUTE, routeMessage, one)]);
  });
}

/** Puts back the route that ours took the place of, or removes ours. */
function undo(session: Session, route: RouteObject, before: HostRoute | undefined): void {
  if (!before) {
    remove(session, route);
    return;
  }
  const { destination, gateway, ifName, table } = before;
  const target = { destination, table, link: ifName, ...(gateway === undefined ? {} : { gateway }) };
  unlessGone(() => session.socket(route.netns).run([put(target, session.ifIndex(route.netns, ifName), NLM_F_REPLACE)]));
}

function replace(session: Session, route: RouteObject, ifIndex: number): Outcome {
  const socket = session.socket(route.netns);
  const [before] = samePlace(listRoutes(socket), route);
  const [verdict] = socket.try([put(route, ifIndex, NLM_F_REPLACE)]);
  return outcome(verdict, (later) => undo(later, route, before));
}

const name = ({ destination, gateway, link, table }: Target) =>
  `route to ${destination}${gateway ? ` through ${gateway}` : ""} on ${link}${table ? ` in table ${table}` : ""}`;

/** The route's place as listRoutes() writes it. */
function placeOf(destination: string): string {
  const { address, prefixLength } = splitCidr(destination);
  return `${address}/${prefixLength}`;
}

const samePlace = (routes: readonly HostRoute[], wanted: RouteObject) =>
  routes.filter((route) => route.table === tableOf(wanted) && route.destination === placeOf(wanted.destination));

/** A route, of the main table unless it names another. */
export const routeKind: ObjectKind<RouteObject> = {
  name,
  make(session, routes) {
    const netns = routes[0]?.netns ?? "";
    const indexes = routes.map((route) => session.ifIndex(netns, route.link));
    const requests = routes.map((route, at) => put(route, indexes[at] ?? 0, NLM_F_EXCL));
    const verdicts = session.socket(netns).try(requests);
    // Only a place that is taken needs the costly way: see who is there, so that undo can put it back, and replace it.
    return routes.map((route, at) =>
      verdicts[at]?.errno === "EEXIST"
        ? replace(session, route, indexes[at] ?? 0)
        : outcome(verdicts[at], (later) => remove(later, route)),
    );
  },
  check(seen, route) {
    const found = samePlace(seen.routes(route.netns), route);
    const gateway = route.gateway === undefined ? undefined : decodeAddress(encodeAddress(route.gateway));
    if (found.some((one) => one.gateway === gateway && one.ifName === route.link)) return undefined;
    const other = found[0];
    if (!other) return missing("no such route");
    return compare({ gateway: [other.gateway, gateway], link: [other.ifName, route.link] });
  },
  mend(session, route) {
    session.socket(route.netns).run([put(route, session.ifIndex(route.netns, route.link), NLM_F_REPLACE)]);
  },
  remove,
};
