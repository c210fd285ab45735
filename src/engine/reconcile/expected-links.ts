import { hasParent, hostNetns, isLink, type KernelObject, type LinkObject } from "../../contracts/kernel.ts";

/**
 * Host links that ought to exist, so that news of one that came or went is weighed without looking at everything: our
 * own, and other people's that links of ours sit on.
 */
export class ExpectedLinks {
  readonly #owners = new Map<string, string>();
  /** Parent to the links on it. */
  readonly #parents = new Map<string, Set<string>>();

  add(objects: readonly KernelObject[]): void {
    for (const object of objects) {
      if (isHostLink(object)) this.#owners.set(object.name, object.owner);
      if (hasParent(object))
        this.#parents.set(object.parent, (this.#parents.get(object.parent) ?? new Set()).add(keyOf(object)));
    }
  }
  delete(objects: readonly KernelObject[]): void {
    for (const object of objects) {
      if (isHostLink(object)) this.#owners.delete(object.name);
      if (!hasParent(object)) continue;
      this.#parents.get(object.parent)?.delete(keyOf(object));
      if (this.#parents.get(object.parent)?.size === 0) this.#parents.delete(object.parent);
    }
  }
  has(name: string): boolean {
    return this.#owners.has(name) || this.#parents.has(name);
  }
}

const keyOf = ({ netns, name }: LinkObject) => `${netns} ${name}`;

/** Those of sandboxes have names that mean nothing in the host. */
export const isHostLink = (object: KernelObject): object is LinkObject => isLink(object) && object.netns === hostNetns;
