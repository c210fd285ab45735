import { existsSync, rmSync } from "node:fs";
import type { ContainerLayout } from "../layout.ts";
import { hasEnded, type ProcessIdentity } from "../process-identity.ts";
import type { Processes } from "../processes.ts";
import { ExecFiles } from "./exec-files.ts";

/**
 * Waits for the conmons of a container whose processes have ended: they end when their output is read. One whose client
 * does not read is ended.
 */
export async function endExecMonitors(processes: Processes, id: string, container: ContainerLayout): Promise<void> {
  const monitors = ExecFiles.of(container).flatMap((files) => processes.monitorIn(files.monitorPidFile, id) ?? []);
  await Promise.all(
    monitors.map(async (monitor) => {
      if (!(await hasEnded(monitor))) kill(monitor);
    }),
  );
}

/** Ends the conmon of one exec. */
export function endExecMonitor(processes: Processes, id: string, files: ExecFiles): void {
  const monitor = processes.monitorIn(files.monitorPidFile, id);
  if (monitor) kill(monitor);
}

/** Removes what execs left at terminals that ended while no daemon ran: nobody else would before the container's end. */
export function removeEndedExecs(processes: Processes, id: string, container: ContainerLayout): void {
  for (const files of ExecFiles.of(container)) {
    if (!existsSync(files.monitorPidFile) || processes.monitorIn(files.monitorPidFile, id)) continue;
    rmSync(files.directory, { recursive: true, force: true });
  }
}

function kill({ pid }: ProcessIdentity): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
  }
}
