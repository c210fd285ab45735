import type { UpstreamTarget } from "../../contracts/packets.ts";

const PENALTY = 10_000;

/**
 * Remembers which servers did not answer, so that a dead first server costs one time-out in ten seconds and not one for
 * each query. Servers keep their order otherwise, and one that is set back is still asked when all before it fail.
 */
export class Health {
  readonly #silentUntil = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  order(targets: readonly UpstreamTarget[]): readonly UpstreamTarget[] {
    if (this.#silentUntil.size === 0) return targets;
    return [
      ...targets.filter((target) => !this.#isSilent(target)),
      ...targets.filter((target) => this.#isSilent(target)),
    ];
  }

  wasSilent(target: UpstreamTarget): void {
    this.#silentUntil.set(keyOf(target), this.#now() + PENALTY);
  }

  answered(target: UpstreamTarget): void {
    if (this.#silentUntil.size > 0) this.#silentUntil.delete(keyOf(target));
  }

  #isSilent(target: UpstreamTarget): boolean {
    const until = this.#silentUntil.get(keyOf(target));
    if (until === undefined) return false;
    if (this.#now() < until) return true;
    this.#silentUntil.delete(keyOf(target));
    return false;
  }
}

const keyOf = ({ netns, address, port }: UpstreamTarget): string => `${netns}/${address}/${port}`;
