import { KernelError } from "../base/kernel-error.ts";
import type { Firewall } from "../contracts/firewall.ts";
import { type Difference, hostNetns } from "../contracts/kernel.ts";
import type { Nft } from "../contracts/nft.ts";
import { asleep, compareElements, compareRules, elementDifferences } from "./compare.ts";
import { findConflicts } from "./conflicts.ts";
import { redirectDns } from "./dns-redirect.ts";
import { addText, deleteText, type Held, heldOf, idOf } from "./elements.ts";
import { isDormant, type Listing, readTable } from "./listing.ts";
import { operatorChain, tableText } from "./table.ts";

const table = "fairlead";
/**
 * Holds the same rules for the moment it takes to list them. Its sets are empty, so all its rules can do is accept, which
 * decides nothing for other tables (and put ::1 back, which the real one would). Dormant it could not be listed safely.
 */
const referenceTable = "fairlead_reference";

/** The firewall on nftables, version 1.0.6 of its syntax (Debian 12). All methods are synchronous. */
export function createFirewall({ nft }: { nft: Nft }): Firewall {
  let known: Listing | undefined;
  const reference = (): Listing => {
    known ??= readReference(nft);
    return known;
  };
  const rulesOf = (found: Listing | undefined) => compareRules(table, found, reference());
  /** Wakes the table first if it sleeps; what is wrong in it is mended right after. */
  const readAwake = (): { found: Listing | undefined; wrong: Difference[] } => {
    const slept = isDormant(nft, table);
    if (slept) nft.run(hostNetns, `add table inet ${table}`);
    const found = readTable(nft, table);
    return { found, wrong: [...(slept ? [asleep(table)] : []), ...rulesOf(found)] };
  };
  const ensure = () => {
    const { found, wrong } = readAwake();
    if (wrong.length > 0) nft.run(hostNetns, rulesText(found, reference()));
    return wrong;
  };
  return {
    ensure,
    change(change) {
      const remove = unique(heldOf(change.remove));
      const add = unique(heldOf(change.add));
      if (remove.length + add.length === 0) return;
      try {
        changeElements(nft, remove, add);
      } catch (error) {
        // Somebody flushed the rule set. What was to go is gone; what is to come needs the table.
        if (!isErrno(error, "ENOENT")) throw error;
        ensure();
        if (add.length > 0) changeElements(nft, [], add);
      }
    },
    diff(desired) {
      if (isDormant(nft, table)) return [asleep(table)];
      const found = readTable(nft, table);
      return [...rulesOf(found), ...elementDifferences(compareElements(found?.elements ?? [], heldOf(desired)))];
    },
    restore(desired) {
      const { found, wrong } = readAwake();
      const rules = wrong.length > 0 ? rulesText(found, reference()) : "";
      const commands = rules + elementsText(kept(found, reference()), heldOf(desired));
      if (commands) nft.run(hostNetns, commands);
    },
    // The reference table too: a daemon that was killed at the wrong moment leaves it.
    remove: () => nft.run(hostNetns, removeText(table) + removeText(referenceTable)),
    redirectDns: (sandbox, ports) => redirectDns(nft, sandbox, ports),
    conflicts: () => findConflicts(nft, table),
  };
}

/** Deletes a table; adding it first makes that succeed whether or not it was there. */
const removeText = (name: string) => `add table inet ${name}\ndelete table inet ${name}\n`;

/** How this machine's nft lists our rules: the only thing to compare a listing with. */
function readReference(nft: Nft): Listing {
  const remove = removeText(referenceTable);
  nft.run(hostNetns, remove + tableText(referenceTable));
  try {
    const listing = readTable(nft, referenceTable);
    if (!listing) throw new Error("Cannot read the reference rules: somebody removed them meanwhile");
    return listing;
  } finally {
    nft.run(hostNetns, remove);
  }
}

/** Sets whose definition is ours stay, with their elements; others are made again. */
const soundSet = (found: Listing, reference: Listing, name: string) =>
  found.sets.get(name) === reference.sets.get(name);
const kept = (found: Listing | undefined, reference: Listing): Held[] =>
  found ? found.elements.filter(({ set }) => soundSet(found, reference, set)) : [];
/**
 * Puts sets, chains and rules in place in the transaction it becomes a part of: our rules go and come back at once, and
 * what does not have our definition is made again. The operator's chain keeps its rules; nothing else refers to it.
 */
function rulesText(found: Listing | undefined, reference: Listing): string {
  if (!found) return tableText(table);
  const ours = [...found.chains.keys()];
  const flush = ours.filter((name) => name !== operatorChain);
  const alien = flush.filter((name) => found.chains.get(name) !== reference.chains.get(name));
  const wrongSets = [...found.sets.keys()].filter((name) => !soundSet(found, reference, name));
  return [
    ...flush.map((name) => `flush chain inet ${table} ${name}`),
    ...alien.map((name) => `delete chain inet ${table} ${name}`),
    ...wrongSets.map((name) => `delete set inet ${table} ${name}`),
    tableText(table),
  ].join("\n");
}

/** Commands that turn the elements found into the ones wanted. */
function elementsText(found: readonly Held[], wanted: readonly Held[]): string {
  const { missing, different, orphans } = compareElements(found, wanted);
  const gone = [...orphans, ...different.map((pair) => pair.found)];
  return deleteText(table, gone) + addText(table, [...missing, ...different.map((pair) => pair.wanted)]);
}

/**
 * nft 1.0.6 cannot say "delete if there" (`destroy` came later). Adding before deleting says it, as long as what is
 * there has the same value, and costs nothing that grows. Where another value is in the way the kernel says EEXIST, and
 * only then the table is read.
 */
function changeElements(nft: Nft, remove: readonly Held[], add: readonly Held[]): void {
  try {
    const gone = addText(table, remove) + deleteText(table, remove);
    nft.run(hostNetns, gone + addText(table, add) + deleteText(table, add) + addText(table, add));
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    const there = new Set((readTable(nft, table)?.elements ?? []).map(idOf));
    const gone = unique([...remove, ...add]).filter((element) => there.has(idOf(element)));
    nft.run(hostNetns, deleteText(table, gone) + addText(table, add));
  }
}

const isErrno = (error: unknown, errno: string) => error instanceof KernelError && error.errno === errno;

/** One element a key: the last. */
const unique = (elements: readonly Held[]): Held[] => [
  ...new Map(elements.map((element) => [idOf(element), element])).values(),
];
