import type { Rollback } from "../../base/rollback.ts";
import { type Difference, isLink, type KernelObject } from "../../contracts/kernel.ts";
import type { Session } from "../netns/session.ts";
import type { Finding, Outcome } from "./kind.ts";
import { kindOf, runsOf } from "./kinds.ts";
import { Snapshot } from "./snapshot.ts";

/** How undo steps are named and carried out, when the session of the work is long closed. */
export interface Undoing {
  readonly rollback: Rollback;
  /** Gives an undo step a session of its own. */
  readonly inSession: (undo: (session: Session) => void) => void;
  /** Removes a link on the deletion thread. */
  readonly removeObject: (object: KernelObject) => Promise<void>;
}

/** Makes objects in order, run by run; names an undo for each one made and throws for the first that fails. */
export function applyObjects(session: Session, objects: readonly KernelObject[], undoing: Undoing): void {
  for (const run of runsOf(objects)) {
    const outcomes = makeRun(session, run);
    for (const [index, outcome] of outcomes.entries()) nameUndo(run[index] as KernelObject, outcome, undoing);
    for (const { error } of outcomes) if (error) throw error;
  }
}

const makeRun = (session: Session, run: readonly KernelObject[]): Outcome[] =>
  run[0] === undefined ? [] : kindOf(run[0]).make(session, run);

function nameUndo(object: KernelObject, { made, undo }: Outcome, { rollback, inSession, removeObject }: Undoing): void {
  if (!made) return;
  rollback.onFailure(kindOf(object).name(object), () => (undo ? inSession(undo) : removeObject(object)));
}

/** Every way in which the kernel differs from the descriptions. */
export function diffObjects(session: Session, objects: readonly KernelObject[]): Difference[] {
  const seen = new Snapshot(session);
  return objects.flatMap((object) => {
    const finding = kindOf(object).check(seen, object);
    return finding ? [{ ...finding, object: kindOf(object).name(object), owner: object.owner }] : [];
  });
}

/**
 * Makes and mends what differs, in order. Goes on after a failure: one that cannot be had must not cost the others. What
 * sits on a link that cannot be had is passed over: its failures would only hide the cause.
 */
export function repairObjects(session: Session, objects: readonly KernelObject[]): void {
  const seen = new Snapshot(session);
  const failures: unknown[] = [];
  const lacking = new Set<string>();
  for (const object of objects) {
    if ("link" in object && lacking.has(`${object.netns} ${object.link}`)) continue;
    try {
      const finding = kindOf(object).check(seen, object);
      if (finding) repairOne(session, object, finding, seen);
      for (const end of endsOf(object)) lacking.delete(end);
    } catch (error) {
      failures.push(error);
      for (const end of endsOf(object)) lacking.add(end);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join("; "));
}

/** The places of a link, both of a pair; none of anything else. */
function endsOf(object: KernelObject): string[] {
  if (!isLink(object)) return [];
  const far = object.kind === "veth" ? [`${object.peer.netns} ${object.peer.name}`] : [];
  return [`${object.netns} ${object.name}`, ...far];
}

function repairOne(session: Session, object: KernelObject, { problem }: Finding, seen: Snapshot): void {
  try {
    if (problem === "different") kindOf(object).mend(session, object, seen);
    else for (const { error } of kindOf(object).make(session, [object])) if (error) throw error;
  } finally {
    seen.forget(object.netns);
    if (object.kind === "veth") seen.forget(object.peer.netns);
  }
}
