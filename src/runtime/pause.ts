import { EngineError } from "../base/errors.ts";
import { shortId } from "../base/ids.ts";
import { isFrozen } from "./cgroups.ts";
import type { RuntimeParts } from "./parts.ts";
import type { Processes } from "./processes.ts";
import type { Runc } from "./runc.ts";

interface PauseParts {
  readonly processes: Pick<Processes, "started">;
  readonly runc: Pick<Runc, "pause" | "resume">;
}

/** Runtime.pause. */
export const pauseContainer = (parts: PauseParts, id: string): Promise<void> => change(parts, id, "pause");

/** Runtime.unpause. */
export const unpauseContainer = (parts: PauseParts, id: string): Promise<void> => change(parts, id, "resume");

async function change({ processes, runc }: PauseParts, id: string, verb: "pause" | "resume"): Promise<void> {
  const gone = () => new EngineError("CONTAINER_NOT_RUNNING", { container: shortId(id) });
  if (!processes.started(id)) throw gone();
  await runc[verb](id).catch((error: unknown) => {
    throw processes.started(id) ? error : gone(); // it ended before runc looked
  });
}

/** Runtime.isPaused: asked of the kernel, since a daemon may have been killed between the deed and its record. */
export function isPaused({ layout, processes }: Pick<RuntimeParts, "layout" | "processes">, id: string): boolean {
  return processes.init(id) !== undefined && isFrozen(layout.of(id));
}
