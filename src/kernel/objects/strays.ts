import { hostNetns, type KernelObject } from "../../contracts/kernel.ts";
import { type LinkState, listLinks, listNeighbours, listRoutes } from "../netlink/lists.ts";
import { NUD_PERMANENT } from "../netlink/neighbour.ts";
import { RTPROT_STATIC } from "../netlink/route.ts";
import type { Session } from "../netns/session.ts";
import { kindOf } from "./kinds.ts";
import { ownerOfLink } from "./mark.ts";

/**
 * Static routes and permanent neighbours on links of the host that carry our mark, which none of `objects` describes.
 * Neither can be marked itself: what is on a link that is ours alone is taken for ours.
 */
export function findStrays(
  session: Session,
  links: readonly string[],
  objects: readonly KernelObject[],
): KernelObject[] {
  if (links.length === 0) return [];
  const socket = session.socket(hostNetns);
  const ours = new Map(
    listLinks(socket)
      .filter((link) => links.includes(link.name) && ownerOfLink(link) !== undefined)
      .map((link) => [link.ifIndex, link]),
  );
  const names = new Map([...ours.values()].map((link) => [link.name, link]));
  const described = new Set(objects.map(textOf));
  const routes = listRoutes(socket).flatMap(({ destination, ifName, gateway, table, protocol }): KernelObject[] => {
    const link = names.get(ifName);
    if (!link || protocol !== RTPROT_STATIC) return [];
    const way = gateway === undefined ? {} : { gateway };
    return [{ kind: "route", ...markOn(link), destination, ...way, ...(table === 254 ? {} : { table }) }];
  });
  const neighbours = listNeighbours(socket, 0).flatMap(({ header, attributes }): KernelObject[] => {
    const link = ours.get(header.ifIndex ?? 0);
    const { destination: address, linkAddress: mac = "" } = attributes;
    if (!link || address === undefined || header.state !== NUD_PERMANENT) return [];
    return [{ kind: "neighbour", ...markOn(link), address, mac }];
  });
  return [...routes, ...neighbours].filter((object) => !described.has(textOf(object)));
}

const markOn = (link: LinkState) => ({
  netns: hostNetns,
  owner: ownerOfLink(link) ?? "",
  why: "left behind",
  link: link.name,
});

const textOf = (object: KernelObject): string => `${object.netns} ${kindOf(object).name(object)}`;
