import { mkdirSync, statSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import type { Mount } from "../model/container.ts";

const isMissing = ({ type, source }: Mount): boolean =>
  type === "bind" && statSync(source, { throwIfNoEntry: false }) === undefined;

const sourceMissing = ({ source }: Mount) =>
  new EngineError("MOUNT_REFUSED", {
    why: `invalid mount config for type "bind": bind source path does not exist: ${source}`,
  });

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
