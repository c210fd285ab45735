import { percentiles, type Row, timed } from "../row.ts";
import type { Name } from "./contender.ts";

/** What was measured, of each contender; of dockerd nothing where it is not there. */
export type Measured = Readonly<Record<Name, number[]>>;
export const nothingYet = (): Measured => ({ fairlead: [], dockerd: [] });

const median = (values: readonly number[]): number => percentiles(values).p50;

/** Our durations, dockerd's, and how many times dockerd's ours are. */
export function durations(what: string, times: Measured, atMost: number): Row[] {
  const [ours, theirs] = [timed(what, times.fairlead), timed(`${what}, dockerd`, times.dockerd)];
  if (times.dockerd.length === 0) return [ours];
  return [ours, theirs, against(what, ours, theirs, { atMost })];
}

/** The same for speeds and sizes. */
export function amounts(what: string, unit: Row["unit"], amount: Measured, goal?: Row["goal"]): Row[] {
  const ours: Row = { what, value: median(amount.fairlead), unit };
  const theirs: Row = { what: `${what}, dockerd`, value: median(amount.dockerd), unit };
  if (amount.dockerd.length === 0) return [ours];
  return [ours, theirs, against(what, ours, theirs, goal)];
}

const against = (what: string, ours: Row, theirs: Row, goal: Row["goal"]): Row => ({
  ...{ what: `${what}, against dockerd`, value: ours.value / theirs.value, unit: "times" },
  ...(goal ? { goal } : {}),
});
