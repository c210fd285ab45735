import { KernelError } from "../base/kernel-error.ts";
import { hostNetns } from "../contracts/kernel.ts";
import type { Nft } from "../contracts/nft.ts";
import { canonicalPart, type Held } from "./elements.ts";
import { chains, operatorChain, type SetName, sets } from "./table.ts";

/** What a listing says of a table: its parts that are ours by name, as comparable text, and its elements. */
export interface Listing {
  readonly sets: ReadonlyMap<string, string>;
  /** Chain definitions: type, hook, priority, policy. */
  readonly chains: ReadonlyMap<string, string>;
  /** Rules of each chain in order; the operator's are left out. */
  readonly rules: ReadonlyMap<string, readonly string[]>;
  readonly elements: readonly Held[];
}

interface ListedObject {
  readonly name?: string;
  readonly chain?: string;
  readonly elem?: readonly unknown[];
  readonly expr?: unknown;
  readonly [key: string]: unknown;
}

/** Whether somebody put the table to sleep. Asked first, because such a table cannot be listed safely (contracts/nft.ts). */
export const isDormant = (nft: Nft, table: string): boolean =>
  /^\tflags .*dormant/m.test(orMissing(() => nft.outline(hostNetns, `list table inet ${table}`)) ?? "");

/** Reads a table that is awake with one listing; undefined when it is not there. */
export const readTable = (nft: Nft, table: string): Listing | undefined =>
  orMissing(() => parseTable(nft.list(hostNetns, `list table inet ${table}`).nftables));

function orMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof KernelError && error.errno === "ENOENT") return undefined;
    throw error;
  }
}

/** Sorts the objects of `list table`, JSON schema 1 (libnftables-json(5)). */
export function parseTable(objects: readonly Record<string, unknown>[]): Listing {
  const of = (kind: string) =>
    objects.map((entry) => entry[kind] as ListedObject | undefined).filter((o) => o !== undefined);
  const ourSets = [...of("set"), ...of("map")].filter(({ name }) => name !== undefined && name in sets);
  const ourChains = of("chain").filter(({ name }) => name !== undefined && name in chains);
  const rules = of("rule").filter(({ chain }) => chain !== operatorChain);
  return {
    sets: new Map(ourSets.map((object) => [object.name ?? "", definition(object)])),
    chains: new Map(ourChains.map((object) => [object.name ?? "", definition(object)])),
    rules: new Map(
      ourChains.map(({ name = "" }) => [
        name,
        rules.filter(({ chain }) => chain === name).map(({ expr }) => JSON.stringify(expr)),
      ]),
    ),
    elements: ourSets.flatMap(({ name, elem }) => (elem ?? []).map((entry) => parseElement(name as SetName, entry))),
  };
}

/** What is the same wherever and whenever it is made. */
function definition(object: ListedObject): string {
  const { handle: _handle, table: _table, elem: _elem, ...rest } = object;
  return JSON.stringify(rest);
}

/** Maps list pairs of element and value; an element with a comment is wrapped once more. */
function parseElement(set: SetName, entry: unknown): Held {
  const [element, value] = sets[set].kind === "map" ? (entry as [unknown, unknown]) : [entry, undefined];
  const wrapped = (element as { elem?: { val: unknown; comment?: string } }).elem;
  return {
    set,
    key: parts(wrapped ? wrapped.val : element),
    value: value === undefined ? [] : parts(value),
    comment: wrapped?.comment ?? "",
  };
}

const parts = (value: unknown): string[] => {
  const concat = typeof value === "object" && value !== null ? (value as { concat?: unknown[] }).concat : undefined;
  return (concat ?? [value]).map((part) => canonicalPart(partText(part)));
};

function partText(part: unknown): string {
  if (typeof part !== "object" || part === null) return String(part);
  const { prefix, range } = part as { prefix?: { addr: string; len: number }; range?: [unknown, unknown] };
  if (prefix) return `${prefix.addr}/${prefix.len}`;
  return range ? range.join("-") : JSON.stringify(part);
}
