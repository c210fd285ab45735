import type { KernelObject } from "../../contracts/kernel.ts";

const PREFIX = "fairlead ";
const LONGEST = 254; // IFALIASZ - 1, include/uapi/linux/if.h, of which the attribute's NUL takes one

/** The interface alias that says whose a link is and why it is there: `fairlead endpoint/0123 web on net1`. */
export function markOf({ owner, why }: Pick<KernelObject, "owner" | "why">): string {
  let mark = `${PREFIX}${owner} ${why}`;
  while (Buffer.byteLength(mark) > LONGEST) mark = mark.slice(0, -1);
  return mark
    .toWellFormed()
    .replace(/\ufffd$/, "")
    .trimEnd(); // half a surrogate pair is no text
}

/**
 * The kernel takes an alias only for a link that is there, but the group (IFLA_GROUP) at its creation (an int, any will
 * do). So a link that has not got its alias yet is known by its group, and one that a crash left like that is found and
 * removed.
 */
export const UNFINISHED = 0x7a1e1ead;
/** The group that links are in if nobody puts them into another. */
export const FINISHED = 0;

/** Whose a link is: by its alias, or nobody's yet. Undefined for links that are not ours. */
export const ownerOfLink = ({ alias, group }: { alias: string; group: number }): string | undefined =>
  ownerIn(alias) ?? (group === UNFINISHED ? "nobody/unfinished" : undefined);

/** The owner in an alias; undefined for links that are not ours. */
export const ownerIn = (alias: string | undefined): string | undefined =>
  alias?.startsWith(PREFIX) ? alias.slice(PREFIX.length).split(" ")[0] : undefined;
