import { setTimeout } from "node:timers/promises";

/** Longest delay of a Node timer, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** Resolves at a time (milliseconds since the epoch), however far away; rejects when the signal aborts. */
export async function until(time: number, signal: AbortSignal): Promise<void> {
  for (let left = time - Date.now(); left > 0; left = time - Date.now()) {
    await setTimeout(Math.min(left, LONGEST), undefined, { signal });
  }
  signal.throwIfAborted();
}

/** A lifetime of 2^32 - 1 seconds means for ever (RFC 2131, section 3.3; RFC 8415, section 7.7). */
const FOR_EVER = 0xffffffff;

/** The times of a lease that was asked for at `since`; T1 and T2 as the server gave them, if they make sense. */
export function leaseTimes(
  since: number,
  seconds: { readonly lease: number; readonly t1?: number | undefined; readonly t2?: number | undefined },
  fractions: { readonly t1: number; readonly t2: number },
): { renewAt: number; rebindAt: number; expiresAt: number } {
  const { lease } = seconds;
  if (lease === FOR_EVER) return { renewAt: never, rebindAt: never, expiresAt: never };
  const sane = (value: number | undefined, otherwise: number, most: number) =>
    value !== undefined && value > 0 && value <= most ? value : Math.min(otherwise, most);
  const t2 = sane(seconds.t2, lease * fractions.t2, lease);
  const t1 = sane(seconds.t1, lease * fractions.t1, t2);
  return { renewAt: since + t1 * 1000, rebindAt: since + t2 * 1000, expiresAt: since + lease * 1000 };
}

/** Later than any lease: a number, because JSON has no Infinity. */
const never = Number.MAX_SAFE_INTEGER;
