/** One line of the table: a duration in milliseconds (median and 99th percentile), or one number. */
export interface Row {
  readonly what: string;
  /** The median, where there are several. */
  readonly value: number;
  readonly p99?: number;
  readonly unit: "ms" | "µs" | "times" | "queries/s" | "events" | "operations" | "MB" | "MB/s" | "Gbit/s";
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number };
}

export const meets = ({ value, goal }: Row): boolean =>
  goal === undefined || ("atMost" in goal ? value <= goal.atMost : value >= goal.atLeast);

/** Median and 99th percentile of durations. */
export function percentiles(times: readonly number[]): { p50: number; p99: number } {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** A row of durations. */
export function timed(what: string, times: readonly number[], goal?: Row["goal"]): Row {
  const { p50, p99 } = percentiles(times);
  return { what, value: p50, p99, unit: "ms", ...(goal ? { goal } : {}) };
}

/** A row that says how many times longer one thing took than another, by their medians. */
export function ratio(what: string, times: readonly number[], than: readonly number[], atMost?: number): Row {
  const value = percentiles(times).p50 / percentiles(than).p50;
  return { what, value, unit: "times", ...(atMost === undefined ? {} : { goal: { atMost } }) };
}
