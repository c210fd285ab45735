import type { KernelObject } from "../../contracts/kernel.ts";

/** Host links that ought to exist, so that news of one that went away is weighed without looking at everything. */
export class ExpectedLinks {
  readonly #owners = new Map<string, string>();

  add(objects: readonly KernelObject[]): void {
    for (const object of objects) if (isLink(object)) this.#owners.set(object.name, object.owner);
  }
  delete(objects: readonly KernelObject[]): void {
    for (const object of objects) if (isLink(object)) this.#owners.delete(object.name);
  }
  has(name: string): boolean {
    return this.#owners.has(name);
  }
}

const isLink = (object: KernelObject) => object.kind === "bridge" || object.kind === "veth";
