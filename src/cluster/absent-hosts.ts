interface Absent {
  readonly id: string;
  readonly name: string;
}

/** How long hosts have been without a lease, on this host's own clock: a restart begins anew, which only delays. */
export class AbsentHosts {
  readonly #graceMs: number;
  readonly #since = new Map<string, number>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Of the hosts without a lease, those that have been so, all the time, for the whole grace. `now`: monotonic milliseconds. */
  overdue(absent: readonly Absent[], now: number): Absent[] {
    const ids = new Set(absent.map(({ id }) => id));
    for (const id of this.#since.keys()) if (!ids.has(id)) this.#since.delete(id);
    for (const id of ids) if (!this.#since.has(id)) this.#since.set(id, now);
    return absent.filter(({ id }) => now - (this.#since.get(id) ?? now) > this.#graceMs);
  }

  /** After the store was away nothing is known of the time in between. */
  forget(): void {
    this.#since.clear();
  }
}
