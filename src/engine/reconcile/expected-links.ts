import { hostNetns, isLink, type KernelObject, type LinkObject } from "../../contracts/kernel.ts";

/** Host links that ought to exist, so that news of one that went away is weighed without looking at everything. */
export class ExpectedLinks {
  readonly #owners = new Map<string, string>();

  add(objects: readonly KernelObject[]): void {
    for (const object of objects) if (isHostLink(object)) this.#owners.set(object.name, object.owner);
  }
  delete(objects: readonly KernelObject[]): void {
    for (const object of objects) if (isHostLink(object)) this.#owners.delete(object.name);
  }
  has(name: string): boolean {
    return this.#owners.has(name);
  }
}

/** Those of sandboxes have names that mean nothing in the host. */
export const isHostLink = (object: KernelObject): object is LinkObject => isLink(object) && object.netns === hostNetns;
