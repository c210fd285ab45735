import type { Ulimit } from "../../model/limits.ts";

export interface Rlimit {
  readonly type: string;
  readonly soft: unknown;
  readonly hard: unknown;
}

/** ECMAScript's JSON.rawJSON, which TypeScript 6.0 does not know. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** RLIM_INFINITY; as a JavaScript number it would be rounded to one that has more than 64 bits. */
const infinity = rawJSON("18446744073709551615");

const limit = (value: number): unknown => (value < 0 || value >= 2 ** 63 ? infinity : value);

/** `process.rlimits`: those not named are inherited from the daemon. */
export const rlimits = (ulimits: readonly Ulimit[]): Rlimit[] =>
  ulimits.map(({ name, soft, hard }) => ({
    type: `RLIMIT_${name.toUpperCase()}`,
    hard: limit(hard),
    soft: limit(soft),
  }));

/** The same, of a config.json that was read, in which infinity was rounded. */
export const sameRlimits = (read: readonly Rlimit[]): Rlimit[] =>
  read.map(({ type, soft, hard }) => ({ type, hard: limit(Number(hard)), soft: limit(Number(soft)) }));
