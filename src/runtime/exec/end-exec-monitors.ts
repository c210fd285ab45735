import { rmSync } from "node:fs";
import type { ContainerLayout } from "../layout.ts";
import { hasEnded, send } from "../process-identity.ts";
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
      if (!(await hasEnded(monitor))) send(monitor, "SIGKILL");
    }),
  );
}

/** Ends the conmon of one exec. */
export function endExecMonitor(processes: Processes, id: string, files: ExecFiles): void {
  const monitor = processes.monitorIn(files.monitorPidFile, id);
  if (monitor) send(monitor, "SIGKILL");
}

/**
 * Removes what execs of earlier daemons left: nobody else would before the container's end. Those on pipes have lost their
 * reader with their daemon; those at terminals stay while their conmon lives, whose sockets are there.
 */
export function removeEndedExecs(processes: Processes, id: string, container: ContainerLayout): void {
  for (const files of ExecFiles.of(container)) {
    const isHeld = processes.monitorIn(files.monitorPidFile, id) !== undefined;
    if (!isHeld) rmSync(files.directory, { recursive: true, force: true });
  }
}
