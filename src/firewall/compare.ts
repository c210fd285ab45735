import type { Difference } from "../contracts/kernel.ts";
import { type Held, idOf, ownerOf } from "./elements.ts";
import type { Listing } from "./listing.ts";

const ours = "fairlead";

/** What there is to say of a table that somebody put to sleep: nothing in it works, and it is not read. */
export const asleep = (table: string): Difference => ({
  problem: "different",
  object: `flags of table inet ${table}`,
  owner: ours,
  detail: "found dormant, expected none",
});

/** Sets, chains and rules of the table that are not as in the reference. */
export function compareRules(table: string, found: Listing | undefined, reference: Listing): Difference[] {
  const difference = (problem: Difference["problem"], object: string, detail: string): Difference => ({
    problem,
    object: `${object}table inet ${table}`,
    owner: ours,
    detail,
  });
  if (!found) return [difference("missing", "", "the table is not there")];
  const list: Difference[] = [];
  for (const [kind, have, want] of [
    ["set", found.sets, reference.sets],
    ["chain", found.chains, reference.chains],
  ] as const) {
    for (const [name, text] of want) {
      const other = have.get(name);
      if (other === undefined) list.push(difference("missing", `${kind} ${name} of `, `the ${kind} is not there`));
      else if (other !== text)
        list.push(difference("different", `${kind} ${name} of `, `found ${other}, expected ${text}`));
    }
  }
  for (const [chain, want] of reference.rules) {
    const have = found.rules.get(chain);
    if (have && have.join("\n") !== want.join("\n"))
      list.push(
        difference(
          "different",
          `rules of chain ${chain} of `,
          `found ${have.length} rules, expected ${want.length} or others`,
        ),
      );
  }
  return list;
}

/** Elements that are missing, different, or that nobody owns. */
export interface ElementChanges {
  readonly missing: readonly Held[];
  readonly different: readonly { readonly found: Held; readonly wanted: Held }[];
  readonly orphans: readonly Held[];
}

export function compareElements(found: readonly Held[], wanted: readonly Held[]): ElementChanges {
  const have = new Map(found.map((element) => [idOf(element), element]));
  const want = new Map(wanted.map((element) => [idOf(element), element]));
  return {
    missing: [...want].filter(([id]) => !have.has(id)).map(([, element]) => element),
    different: [...want].flatMap(([id, element]) => {
      const other = have.get(id);
      return other && !same(other, element) ? [{ found: other, wanted: element }] : [];
    }),
    orphans: [...have].filter(([id]) => !want.has(id)).map(([, element]) => element),
  };
}

const same = (a: Held, b: Held) => a.comment === b.comment && contents(a) === contents(b);
const contents = ({ value }: Held) => value.join(" . ");
const described = (element: Held) => `${contents(element) || "present"} (${element.comment || "no comment"})`;

/** The same as differences, for people. */
export function elementDifferences({ missing, different, orphans }: ElementChanges): Difference[] {
  const difference = (problem: Difference["problem"], element: Held, detail: string): Difference => ({
    problem,
    object: `firewall element ${idOf(element)}`,
    owner: ownerOf(element.comment),
    detail,
  });
  return [
    ...missing.map((element) => difference("missing", element, `expected ${described(element)}`)),
    ...different.map(({ found, wanted }) =>
      difference("different", wanted, `found ${described(found)}, expected ${described(wanted)}`),
    ),
    ...orphans.map((element) => difference("orphan", element, `found ${described(element)}, expected nothing`)),
  ];
}
