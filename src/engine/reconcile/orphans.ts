import { loopbackAlias6 } from "../../contracts/firewall.ts";
import { type Difference, hasParent, hostNetns, isLink } from "../../contracts/kernel.ts";
import { loopbackAlias } from "../host.ts";
import type { Parts } from "../parts.ts";
import type { Desired } from "./desired.ts";
import { isHostLink } from "./expected-links.ts";

/** Something of ours that nothing in the store owns. */
export interface Orphan {
  readonly difference: Difference;
  readonly remove: () => Promise<void>;
}

const detail = "it carries our mark, and nothing in the store owns it";

/** What earlier operations left behind when they were cut off. */
export function findOrphans({ kernel }: Pick<Parts, "kernel">, want: Desired): Orphan[] {
  const pinned = kernel.sandboxes.list();
  const straySandboxes = pinned.filter((id) => !want.sandboxes.has(id));
  const open = pinned.filter((id) => want.sandboxes.has(id));
  return [
    ...[hostNetns, ...open].flatMap((netns) => strayLinks(kernel, netns, want)),
    ...straysOnLinks(kernel, want),
    ...strayAlias(kernel, want),
    ...straySandboxes.map((id) => ({
      difference: { problem: "orphan", object: `sandbox ${id}`, owner: `sandbox/${id}`, detail } as const,
      remove: () => kernel.sandboxes.remove(id),
    })),
  ];
}

function strayLinks(kernel: Parts["kernel"], netns: string, { objects }: Desired): Orphan[] {
  const links = new Set(objects.filter((each) => isLink(each) && each.netns === netns).map(nameOf));
  const where = netns === hostNetns ? "" : ` in sandbox ${netns}`;
  return kernel
    .owned(netns)
    .filter(({ name }) => !links.has(name))
    .map(({ name, owner }) => ({
      difference: { problem: "orphan", object: `link ${name}${where}`, owner, detail },
      remove: () => kernel.removeLink(name, netns),
    }));
}

const nameOf = (object: Desired["objects"][number]): string => (isLink(object) ? object.name : "");

/** The host's stand-in for ::1, which only this daemon gives it. */
function strayAlias(kernel: Parts["kernel"], { objects }: Desired): Orphan[] {
  const stays = objects.includes(loopbackAlias) || kernel.diff([loopbackAlias]).length > 0;
  const object = `address ${loopbackAlias6} on lo`;
  const difference = { problem: "orphan", object, owner: loopbackAlias.owner, detail: "no network has IPv6" } as const;
  return stays ? [] : [{ difference, remove: () => kernel.remove([loopbackAlias]) }];
}

/** On links that the host has for itself alone there is nothing but what endpoints describe. */
function straysOnLinks(kernel: Parts["kernel"], { objects }: Desired): Orphan[] {
  const links = objects.filter((each) => isHostLink(each) && hasParent(each) && each.kind !== "vlan").map(nameOf);
  return kernel.strays(links, objects).map(({ object, name }) => ({
    difference: { problem: "orphan", object: name, owner: object.owner, detail: "no endpoint in the store needs it" },
    remove: () => kernel.remove([object]),
  }));
}
