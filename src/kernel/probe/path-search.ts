import type { PathAnswer } from "../../contracts/path-probe.ts";

/** Smallest packet that every host takes: RFC 791 section 3.2, RFC 8200 section 5. */
const smallest = { 4: 576, 6: 1280 } as const;
/** Sizes tried at once: a search from 9,000 bytes ends after four of them. */
const SIZES = 16;

/**
 * Which sizes to send next, and what the answers mean. First the full size, and the smallest to see whether anything
 * arrives; then ever closer to the largest that does.
 */
export class PathSearch {
  /** Largest known to arrive, smallest known not to. */
  #arrives = 0;
  #fails: number;
  #told = Number.POSITIVE_INFINITY;
  readonly #full: number;
  #sizes: number[];

  constructor(full: number, family: 4 | 6) {
    this.#full = full;
    this.#fails = full + 1;
    this.#sizes = [...new Set([full, Math.min(full, smallest[family])])];
  }

  /** What this round sends. */
  get sizes(): readonly number[] {
    return this.#sizes;
  }

  /** Nothing more is to be learned: the full size arrived, or all sizes of this round were answered. */
  get settled(): boolean {
    return this.#arrives >= this.#full || this.#sizes.every((size) => size <= this.#arrives || size > this.#told);
  }

  arrived(size: number): void {
    this.#arrives = Math.max(this.#arrives, size);
  }

  /** A router, or this host, says what is the most that it sends on. */
  tooBig(mtu: number): void {
    this.#told = Math.min(this.#told, mtu);
  }

  /** Ends the round: what was not answered by now does not arrive. Undefined: there is another round. */
  end(): PathAnswer | undefined {
    if (this.#arrives >= this.#full) return { arrived: true };
    if (this.#arrives === 0) return { arrived: false };
    const silent = this.#sizes.filter((size) => size > this.#arrives);
    this.#fails = Math.min(this.#fails, this.#told + 1, ...silent);
    if (this.#fails - this.#arrives <= 1) return { arrived: false, mtu: this.#arrives };
    this.#sizes = this.#between();
    return undefined;
  }

  /** Evenly over what is open; its upper end first, where a router's word points to. */
  #between(): number[] {
    const step = (this.#fails - this.#arrives) / (SIZES + 1);
    const inside = Array.from({ length: SIZES }, (_, index) => Math.floor(this.#arrives + (index + 1) * step));
    const all = [this.#fails - 1, ...inside].filter((size) => size > this.#arrives && size < this.#fails);
    return [...new Set(all)];
  }
}
