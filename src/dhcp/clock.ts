import { setTimeout } from "node:timers/promises";

/** How often a long wait looks at the clocks, in milliseconds. */
const LOOK = 30_000;

/**
 * A time to come, by two clocks. The wall clock alone would put it off when it is set back; the monotonic one alone when
 * the machine sleeps. It has come when either says so.
 */
export class Deadline {
  readonly #wall: number;
  readonly #monotonic: number;

  /** `time` in milliseconds since the epoch, as the wall clock has it now. */
  constructor(time: number) {
    this.#wall = time;
    this.#monotonic = performance.now() + (time - Date.now());
  }

  static in(ms: number): Deadline {
    return new Deadline(Date.now() + ms);
  }

  /** Milliseconds; 0 when it has come. */
  get left(): number {
    return Math.max(0, Math.min(this.#wall - Date.now(), this.#monotonic - performance.now()));
  }
}

/** Resolves when the time has come; rejects when the signal aborts. */
export async function until(deadline: Deadline, signal: AbortSignal): Promise<void> {
  while (deadline.left > 0) await setTimeout(Math.min(deadline.left, LOOK), undefined, { signal });
  signal.throwIfAborted();
}

/** Waits some milliseconds; rejects when the signal aborts. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> => until(Deadline.in(ms), signal);

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
