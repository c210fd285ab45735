/** A host without a lease, and the revision of its record: whoever comes back writes it anew. */
export interface AbsentHost {
  readonly id: string;
  readonly revision: number;
}

/** How long hosts have been without a lease, on this host's own clock: a restart begins anew, which only delays. */
export class AbsentHosts {
  readonly #graceMs: number;
  readonly #since = new Map<string, { readonly at: number; readonly revision: number }>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** To be called with all that are absent, whenever that may have changed. `now`: monotonic milliseconds. */
  note(absent: readonly AbsentHost[], now: number): void {
    const ids = new Set(absent.map(({ id }) => id));
    for (const id of this.#since.keys()) if (!ids.has(id)) this.#since.delete(id);
    for (const { id, revision } of absent)
      if (this.#since.get(id)?.revision !== revision) this.#since.set(id, { at: now, revision });
  }

  /** Hosts that have been absent, all the time, for the whole grace. */
  overdue(now: number): AbsentHost[] {
    return [...this.#since].flatMap(([id, { at, revision }]) => (now - at > this.#graceMs ? [{ id, revision }] : []));
  }

  /** After the store was away, or this process stood still, nothing is known of the time in between. */
  forget(): void {
    this.#since.clear();
  }
}
