import { mkdirSync, statSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import type { Mount } from "../model/container.ts";
import { propagationOf } from "./spec/user-mounts.ts";

const isMissing = ({ type, source }: Mount): boolean =>
  type === "bind" && statSync(source, { throwIfNoEntry: false }) === undefined;

const sourceMissing = ({ source }: Mount) =>
  new EngineError("MOUNT_REFUSED", {
    why: `invalid mount config for type "bind": bind source path does not exist: ${source}`,
  });

/**
 * Binds that reach into the daemon's own directory, or contain it. What is mounted there must be able to go again, so
 * that unmounts come through: rslave when nothing is asked for, as Docker has it; other modes are refused.
 */
export function withOwnRoot(root: string, mounts: readonly Mount[]): Mount[] {
  return mounts.map((mount) => {
    if (mount.type !== "bind" || !(isWithin(mount.source, root) || isWithin(root, mount.source))) return mount;
    const propagation = propagationOf(mount);
    if (propagation === "") return { ...mount, options: [...mount.options, "rslave"] };
    if (propagation === "rslave" || propagation === "rshared") return mount;
    const why = 'must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root';
    const what = `daemon root: "${root}", bind mount source: "${mount.source}", propagation: "${propagation}"`;
    throw new EngineError("MOUNT_REFUSED", { why: `invalid mount config: ${why}, ${what}` });
  });
}

const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);

/** Refuses binds of what does not exist, unless it is to be made. */
export function checkBindSources(mounts: readonly Mount[]): void {
  const missing = mounts.find((mount) => !mount.makeSource && isMissing(mount));
  if (missing) throw sourceMissing(missing);
}

/** Makes the directories that `-v` names and that do not exist, as Docker does; refuses the others. */
export function ensureBindSources(mounts: readonly Mount[]): void {
  checkBindSources(mounts);
  for (const { source } of mounts.filter(isMissing)) mkdirSync(source, { recursive: true });
}
