import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Launcher } from "../contracts/launcher.ts";
import type { Layout } from "./layout.ts";
import { runLaunched } from "./run-program.ts";
import { runcError, shorten } from "./runc-error.ts";

/** The calls of runc that need nothing but a container's id; `runc create` is conmon's, `runc exec` has its own file. */
export interface Runc {
  readonly path: string;
  /** Options before the verb: where runc keeps its records, and where it writes its errors. */
  globalOptions(logFile: string): string[];
  /** Lets the init process of a created container run the command. Throws with runc's words. */
  start(id: string): Promise<void>;
  /** Freezes and thaws all processes of the container's control group. */
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Puts the limits in a file (`linux.resources`) on a running container. Throws with runc's words. */
  update(id: string, resourcesFile: string): Promise<void>;
  /** Kills what is left and removes runc's records and control groups. Idempotent. */
  delete(id: string): Promise<void>;
}

export function createRunc(path: string, layout: Layout, launcher: Launcher): Runc {
  const globalOptions = (logFile: string): string[] => [
    `--root=${layout.runc}`,
    `--log=${logFile}`,
    "--log-format=json",
  ];
  const run = async (id: string, ...verb: string[]): Promise<void> => {
    const log = layout.of(id).runcLog;
    // runc does nothing without its log; a removal that was cut short may have left runc's records only.
    mkdirSync(dirname(log), { recursive: true });
    rmSync(log, { force: true }); // what an earlier call said is not this one's error
    const { exitCode, stderr } = await runLaunched(launcher, path, [...globalOptions(log), ...verb, id]);
    if (exitCode !== 0) throw new Error(runcError(log) ?? (shorten(stderr) || `runc ended with code ${exitCode}`));
  };
  return {
    path,
    globalOptions,
    start: (id) => run(id, "start"),
    pause: (id) => run(id, "pause"),
    resume: (id) => run(id, "resume"),
    update: (id, file) => run(id, "update", "--resources", file),
    // --force also makes "no such container" a success.
    delete: (id) => run(id, "delete", "--force"),
  };
}
