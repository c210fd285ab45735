import { once } from "node:events";
import { createInterface } from "node:readline";
import { type ConmonReport, firstReport } from "../conmon.ts";
import type { RuntimeParts } from "../parts.ts";
import { programEnvironment, textOf } from "../run-program.ts";
import type { Runc } from "../runc.ts";
import { endExecMonitor } from "./end-exec-monitors.ts";
import type { ExecFiles } from "./exec-files.ts";

/** A conmon that is ready to run a program at a terminal. */
export interface ExecMonitor {
  /** Lets it run the program. */
  begin(): void;
  /** The next of its two reports: the pid, or what has failed; the exit code. Undefined when it has ended without. */
  report(): Promise<ConmonReport | undefined>;
  readonly ended: Promise<void>;
  /** Its errors, of before it went its own way. */
  readonly words: Promise<string>;
  /** Ends it, and with it the `runc exec` that it has not begun yet. */
  end(): void;
}

/** Descriptors of conmon, whose numbers its environment has. */
const SYNC_FD = 3;
const START_FD = 4;
const ATTACH_FD = 5;
const descriptors = { _OCI_SYNCPIPE: `${SYNC_FD}`, _OCI_STARTPIPE: `${START_FD}`, _OCI_ATTACHPIPE: `${ATTACH_FD}` };

/**
 * Starts a conmon that is to run `runc exec`, and waits until it can be attached to (src/conmon.c at v2.1.6). It forks
 * away from us, so program and terminal outlive the daemon. A daemon that is killed before begin() lets it run the program.
 */
export async function startExecMonitor(
  { conmon, runc, processes, launcher }: RuntimeParts,
  { id, files }: { id: string; files: ExecFiles },
): Promise<ExecMonitor> {
  const { pipes } = launcher.launch(conmon, monitorArguments(runc, id, files), {
    directory: files.directory,
    descriptors: ["none", "none", "to us", "to us", "from us", "to us"],
    // TMPDIR: for the socket by which runc hands over the terminal; relative, as a socket's address holds 108 bytes.
    environment: { ...programEnvironment(), ...descriptors, TMPDIR: "." },
  });
  const words = textOf(pipes[2]);
  const reports = createInterface({ input: pipes[SYNC_FD] });
  const lines = reports[Symbol.asyncIterator]();
  const ended = once(reports, "close").then(() => undefined);
  const start = pipes[START_FD];
  start.on("error", () => undefined); // a conmon that has ended tells it by its silence
  // It waits twice: for a caller that puts it into a control group, and for one that attaches.
  start.write("\n");
  if ((await firstReport(pipes[ATTACH_FD])) === undefined)
    throw new Error((await words) || "conmon ended without a word");
  return {
    begin: () => void start.end("\n", () => start.destroy()),
    report: async () => {
      const { value } = (await lines.next()) as { value?: string };
      return value === undefined ? undefined : (JSON.parse(value) as ConmonReport);
    },
    ended,
    words,
    end: () => endExecMonitor(processes, id, files),
  };
}

function monitorArguments(runc: Runc, id: string, files: ExecFiles): string[] {
  const named = {
    "--api-version": "1",
    "--cid": id,
    "--cuuid": id,
    "--runtime": runc.path,
    "--bundle": files.directory,
    "--conmon-pidfile": files.monitorPidFile,
    "--container-pidfile": files.pidFile,
    "--exec-process-spec": files.process,
    "--log-path": "none",
    "--log-level": "error",
  };
  return [
    ...Object.entries(named).flat(),
    ...["--exec", "--exec-attach", "--terminal", "--full-attach", "--no-sync-log"],
    ...runc.globalOptions(files.runcLog).flatMap((option) => ["--runtime-arg", option]),
  ];
}
