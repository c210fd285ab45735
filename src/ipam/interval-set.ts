/**
 * A set of whole numbers kept as sorted runs. Neighbours merge, so a densely used range is one run however many members
 * it has, and finding a free number is a binary search and not a walk.
 */
export class IntervalSet {
  readonly #first: bigint[] = [];
  readonly #last: bigint[] = [];

  /** Adds first..last, of which no member may be present. */
  add(first: bigint, last: bigint): void {
    const at = this.#runFrom(first);
    const joinsLeft = at > 0 && this.#last[at - 1] === first - 1n;
    const joinsRight = this.#first[at] === last + 1n;
    if (joinsLeft && joinsRight) {
      this.#last[at - 1] = this.#last[at] ?? last;
      this.#splice(at, 1);
    } else if (joinsLeft) this.#last[at - 1] = last;
    else if (joinsRight) this.#first[at] = first;
    else this.#splice(at, 0, [first, last]);
  }

  /** Removes first..last, of which every member must be present. */
  remove(first: bigint, last: bigint): void {
    const at = this.#runFrom(first);
    const [runFirst = first, runLast = last] = [this.#first[at], this.#last[at]];
    const rest: [bigint, bigint][] = [];
    if (runFirst < first) rest.push([runFirst, first - 1n]);
    if (runLast > last) rest.push([last + 1n, runLast]);
    this.#splice(at, 1, ...rest);
  }

  has(member: bigint): boolean {
    return this.endOfRun(member) !== undefined;
  }

  /** Whether any of first..last is a member. */
  meets(first: bigint, last: bigint): boolean {
    const start = this.#first[this.#runFrom(first)];
    return start !== undefined && start <= last;
  }

  /** Last number of the run of members that `member` lies in. */
  endOfRun(member: bigint): bigint | undefined {
    const at = this.#runFrom(member);
    const start = this.#first[at];
    return start !== undefined && start <= member ? this.#last[at] : undefined;
  }

  /** Last number of the first run that meets first..last. */
  endOfMeeting(first: bigint, last: bigint): bigint | undefined {
    const at = this.#runFrom(first);
    const start = this.#first[at];
    return start !== undefined && start <= last ? this.#last[at] : undefined;
  }

  /** Index of the first run that ends at or after `number`. */
  #runFrom(number: bigint): number {
    let low = 0;
    let high = this.#last.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#last[middle] ?? 0n) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #splice(at: number, count: number, ...runs: [bigint, bigint][]): void {
    this.#first.splice(at, count, ...runs.map(([first]) => first));
    this.#last.splice(at, count, ...runs.map(([, last]) => last));
  }
}
