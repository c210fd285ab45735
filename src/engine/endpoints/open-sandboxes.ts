import type { PortMapping } from "../../model/port.ts";
import type { Attachment } from "../plan/attachment.ts";

/** A sandbox that exists in the kernel, with what it is meant to consist of. */
export interface OpenSandbox {
  readonly id: string;
  /** Ids of the containers that run in it; it goes with the last. */
  readonly members: Set<string>;
  attachments: readonly Attachment[];
  ports: readonly PortMapping[];
}

/** The sandboxes that are open now. Derived at start from running containers and never stored: no counter can drift. */
export class OpenSandboxes {
  readonly #open = new Map<string, OpenSandbox>();

  get(id: string): OpenSandbox | undefined {
    return this.#open.get(id);
  }
  all(): Iterable<OpenSandbox> {
    return this.#open.values();
  }
  add(sandbox: OpenSandbox): void {
    this.#open.set(sandbox.id, sandbox);
  }
  delete(id: string): void {
    this.#open.delete(id);
  }
}
