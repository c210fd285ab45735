import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Launcher } from "../contracts/launcher.ts";
import type { ContainerLayout } from "./layout.ts";
import { programEnvironment, textOf } from "./run-program.ts";
import type { Runc } from "./runc.ts";
import { runcError, shorten } from "./runc-error.ts";

export interface Monitored {
  readonly id: string;
  readonly files: ContainerLayout;
  readonly exitDirectory: string;
  readonly tty: boolean;
  readonly openStdin: boolean;
}

/** Descriptor on which conmon says how `runc create` went; its name comes from conmon's environment. */
const SYNC_FD = 3;

/**
 * Starts a conmon, which runs `runc create` and stays: it owns the container's streams, writes its log, and records its
 * exit. It forks away from us, so it outlives the daemon. Resolves to the pid of the container's init process; rejects
 * with runc's words.
 */
export async function startMonitor(
  { conmon, runc, launcher }: { readonly conmon: string; readonly runc: Runc; readonly launcher: Launcher },
  container: Monitored,
): Promise<number> {
  const { pipes } = launcher.launch(conmon, conmonArguments(runc, container), {
    directory: container.files.run,
    descriptors: ["none", "none", "to us", "to us"],
    environment: { ...programEnvironment(), _OCI_SYNCPIPE: String(SYNC_FD) },
  });
  const stderr = textOf(pipes[2]);
  const answer = await firstReport(pipes[SYNC_FD]);
  if (answer !== undefined && answer.data > 0) return answer.data;
  const words = runcError(container.files.runcLog) ?? (answer?.message || (await stderr));
  throw new Error(shorten(words) || "conmon ended without a word");
}

function conmonArguments(runc: Runc, { id, files, exitDirectory, tty, openStdin }: Monitored): string[] {
  const named = {
    "--api-version": "1",
    "--cid": id,
    "--cuuid": id,
    "--runtime": runc.path,
    "--bundle": files.bundle,
    "--persist-dir": files.persist,
    "--exit-dir": exitDirectory,
    "--conmon-pidfile": files.monitorPidFile,
    "--container-pidfile": files.initPidFile,
    "--log-path": `k8s-file:${files.log}`,
    "--log-level": "error",
  };
  return [
    ...Object.entries(named).flat(),
    "--full-attach", // the attach socket stays in the bundle, instead of a link in a directory of all
    "--no-sync-log", // a container's end does not wait for the disk
    ...(tty ? ["--terminal"] : []),
    ...(openStdin ? ["--stdin"] : []),
    // A terminal's input goes through conmon and has no end; a pipe's ends when we connect and leave (container-input.ts).
    ...(openStdin && tty ? ["--leave-stdin-open"] : []),
    ...runc.globalOptions(files.runcLog).flatMap((option) => ["--runtime-arg", option]),
  ];
}

/** A line of conmon: `data` is a pid or an exit code, or negative, with a message, when it has failed. */
export interface ConmonReport {
  readonly data: number;
  readonly message?: string;
}

/** The first line on a pipe, which is then closed; undefined when conmon closed it without one. */
export async function firstReport(pipe: Readable): Promise<ConmonReport | undefined> {
  const lines = createInterface({ input: pipe });
  try {
    for await (const line of lines) return JSON.parse(line) as ConmonReport;
    return undefined;
  } finally {
    lines.close();
    pipe.destroy();
  }
}
