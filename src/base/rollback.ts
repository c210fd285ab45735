/** Undo steps of one multi-step change. Disposed without commit(), it undoes them, newest first, and reports every failure. */
export class Rollback implements AsyncDisposable {
  #steps: { what: string; undo: () => unknown }[] = [];

  /** Names the undo of the step just done: `what` reads as in "Cannot undo: what". */
  onFailure(what: string, undo: () => unknown): void {
    this.#steps.push({ what, undo });
  }

  /** The change is whole: forget the undo steps. */
  commit(): void {
    this.#steps = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: Error[] = [];
    for (const { what, undo } of this.#steps.splice(0).reverse()) {
      try {
        await undo();
      } catch (cause) {
        failures.push(new Error(`Cannot undo: ${what}`, { cause }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "Cannot undo every step");
  }
}
