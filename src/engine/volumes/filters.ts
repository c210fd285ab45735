import { invalid } from "../../base/errors.ts";
import { isAnonymous, type Volume } from "../../model/volume.ts";
import type { Filters } from "../engine.ts";
import { hasLabel, oneOf } from "../filter-values.ts";

/** What filters look at beside the volume itself. */
interface Facts {
  readonly inUse: boolean;
}

type Matcher = (volume: Volume, value: string, facts: Facts) => boolean;

const booleans = ["1", "true", "0", "false"];
const isTrue = (key: string, value: string): boolean => ["1", "true"].includes(oneOf(key, value, booleans));

/** Docker's filters of `volume ls`; values of one key are alternatives. */
const matchers: Readonly<Record<string, Matcher>> = {
  name: ({ name }, value) => name.includes(value),
  driver: ({ driver }, value) => driver === value,
  dangling: (_volume, value, { inUse }) => isTrue("dangling", value) !== inUse,
  // Of prune: without it, named volumes stay. It is read by prunes().
  all: () => true,
};

/** These must all match. */
const labelMatchers: Readonly<Record<string, Matcher>> = {
  label: ({ labels }, value) => hasLabel(labels ?? {}, value),
  "label!": ({ labels }, value) => !hasLabel(labels ?? {}, value),
};

/** Throws INVALID for a value that no volume can have, whatever volumes there are. */
export function checkVolumeFilters({ dangling = [] }: Filters): void {
  for (const value of dangling) isTrue("dangling", value);
}

/** Throws INVALID for a filter or value that Docker would refuse. */
export function matchesVolume(volume: Volume, filters: Filters, facts: Facts): boolean {
  return Object.entries(filters).every(([key, values]) => {
    const all = labelMatchers[key];
    if (all) return values.every((value) => all(volume, value, facts));
    const any = matchers[key];
    if (!any) throw invalid(`filter '${key}'`, "it is unknown");
    return values.length === 0 || values.some((value) => any(volume, value, facts));
  });
}

/** True when a prune with these filters takes the volume, if nobody uses it: anonymous ones, or all that were asked for. */
export function prunes(volume: Volume, filters: Filters): boolean {
  const all = filters["all"] ?? [];
  if (all.length > 1) throw invalid("filter 'all'", "only one value can be specified");
  const everything = all[0] !== undefined && isTrue("all", all[0]);
  return (everything || isAnonymous(volume)) && matchesVolume(volume, filters, { inUse: false });
}
