import type { Gate } from "../../base/gate.ts";
import type { Rollback } from "../../base/rollback.ts";

/**
 * The way through the gate of an operation with pauses in it. What is done inside is undone inside too, though the undo
 * runs when the operation has long thrown: it is no business of the reconciler's either.
 */
export class Passage {
  readonly #gate: Gate;
  readonly #rollback: Rollback;
  #pass: Disposable | undefined;

  constructor(gate: Gate, rollback: Rollback) {
    this.#gate = gate;
    this.#rollback = rollback;
  }

  async enter(): Promise<void> {
    this.#pass = await this.#gate.shared();
    this.#rollback.onFailure("passage", () => this.#pass?.[Symbol.dispose]());
  }

  leave(): void {
    this.#rollback.onFailure("passage of the undo", async () => {
      this.#pass = await this.#gate.shared();
    });
    this.#pass?.[Symbol.dispose]();
  }
}
