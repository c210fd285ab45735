import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../base/errors.ts";
import { newId, shortId } from "../../base/ids.ts";
import type { LimitedRuntime } from "../../contracts/limits.ts";
import type { Limits } from "../../model/limits.ts";
import { hostConfinement } from "../host-confinement.ts";
import type { RuntimeParts } from "../parts.ts";
import { type ContainerCgroup, cgroupOf } from "./container-cgroup.ts";
import { readHostLimits } from "./host-limits.ts";
import { pidsIn } from "./pids.ts";
import { processList } from "./process-list.ts";
import { putBack, settingsOf } from "./put-back.ts";
import { changedResources } from "./resources.ts";
import { readUsage } from "./usage.ts";

/** The runtime's part that has to do with limits and use. */
export function limitedRuntime(parts: RuntimeParts): LimitedRuntime {
  const running = (id: string): ContainerCgroup | undefined =>
    parts.processes.started(id) ? cgroupOf(parts.layout.of(id)) : undefined;
  return {
    hostLimits: () => readHostLimits(),
    hostConfinement,
    limit: (id, limits) => limitRunning(parts, id, limits),
    usage: (id) => {
      const cgroup = running(id);
      return cgroup && readUsage(cgroup);
    },
    processList: (id, psArguments) => processList(pidsIn(running(id) ?? {}), psArguments),
  };
}

/** The reason, and what failed after it, if anything did. */
function afterUndo(cause: unknown, undo: () => void): unknown {
  try {
    undo();
    return cause;
  } catch (second) {
    return new AggregateError([cause, second], `${(cause as Error).message}; ${(second as Error).message}`);
  }
}

async function limitRunning({ layout, processes, runc }: RuntimeParts, id: string, limits: Limits): Promise<void> {
  if (!processes.started(id)) throw new EngineError("CONTAINER_NOT_RUNNING", { container: shortId(id) });
  const before = settingsOf(cgroupOf(layout.of(id)) ?? {});
  const file = join(layout.of(id).run, `limits-${newId()}.json`);
  writeFileSync(file, JSON.stringify(changedResources(limits)));
  try {
    await runc.update(id, file);
  } catch (cause) {
    throw afterUndo(cause, () => putBack(before));
  } finally {
    rmSync(file, { force: true });
  }
}
