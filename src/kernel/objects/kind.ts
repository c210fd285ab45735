import type { KernelError } from "../../base/kernel-error.ts";
import type { KernelObject } from "../../contracts/kernel.ts";
import type { Session } from "../netns/session.ts";
import type { Snapshot } from "./snapshot.ts";

/** What became of one object that was to be made. An object may be made and yet not be right: then both are set. */
export interface Outcome {
  /** Undoes it on this thread; absent for links, which the deletion thread removes. */
  readonly undo?: (session: Session) => void;
  readonly made: boolean;
  readonly error?: KernelError | undefined;
}

/** How the kernel's state differs from a description; undefined: it does not. */
export interface Finding {
  readonly problem: "missing" | "different";
  readonly detail: string;
}

/** One kind of kernel object: how to name it, make it, compare it with the kernel, mend it and remove it. */
export interface ObjectKind<O extends KernelObject> {
  /** As people read it in errors and differences: `bridge br-0123`. */
  readonly name: (object: O) => string;
  /** Makes objects of one namespace together; one outcome each, in order. May throw only before anything is made. */
  readonly make: (session: Session, objects: readonly O[]) => Outcome[];
  readonly check: (seen: Snapshot, object: O) => Finding | undefined;
  /** Corrects an object that is there but different. */
  readonly mend: (session: Session, object: O, seen: Snapshot) => void;
  /** Removes it; "already gone" is success. Links are removed by remove-links.ts, many at a time. */
  readonly remove: (session: Session, object: O) => void;
}

/** Success or failure of a request that makes an object with the undo that goes with success. */
export const outcome = (error: KernelError | undefined, undo?: (session: Session) => void): Outcome => {
  if (error) return { made: false, error };
  return undo ? { made: true, undo } : { made: true };
};

/** Joins what differs into a finding: "mtu is 1500, expected 9000". */
export function compare(
  pairs: Readonly<Record<string, readonly [found: unknown, expected: unknown]>>,
): Finding | undefined {
  const wrong = Object.entries(pairs)
    .filter(([, [found, expected]]) => found !== expected)
    .map(([what, [found, expected]]) => `${what} is ${text(found)}, expected ${text(expected)}`);
  return wrong.length === 0 ? undefined : { problem: "different", detail: wrong.join("; ") };
}

const text = (value: unknown): string => (value === undefined || value === "" ? "none" : String(value));

export const missing = (detail: string): Finding => ({ problem: "missing", detail });

const goneErrors = new Set(["ENODEV", "ENOENT", "ESRCH", "EADDRNOTAVAIL", "ENXIO"]);

/** Runs a removal; that the object, its link or its sandbox is gone already is success. */
export function unlessGone(removal: () => void): void {
  try {
    removal();
  } catch (error) {
    if (!goneErrors.has((error as { errno?: string }).errno ?? "")) throw error;
  }
}
