import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerLayout, Layout } from "./layout.ts";
import { identify, isAlive, isInCgroup, type ProcessIdentity } from "./process-identity.ts";

/** Init processes and monitors of containers, found again from the disk whenever they are not known. */
export class Processes {
  readonly #layout: Layout;
  readonly #known = new Map<string, ProcessIdentity>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** The container's init process, whether or not it has been started, if it is alive. */
  init(id: string): ProcessIdentity | undefined {
    const known = this.#known.get(id) ?? this.#recorded(id);
    if (!known || !isAlive(known)) return undefined;
    this.#known.set(id, known);
    return known;
  }

  /** The container's init process if it runs the container's command. */
  started(id: string): ProcessIdentity | undefined {
    const init = this.init(id);
    return init && !existsSync(this.#layout.of(id).startGate) ? init : undefined;
  }

  /** The conmon of a container, if it is alive. */
  monitor(id: string): ProcessIdentity | undefined {
    return this.monitorIn(this.#layout.of(id).monitorPidFile, id);
  }

  /** The conmon whose pid is in a file: the container's, or that of an exec in it. */
  monitorIn(pidFile: string, id: string): ProcessIdentity | undefined {
    const pid = pidIn(pidFile);
    const process = pid === undefined ? undefined : identify(pid);
    return process && isMonitorOf(process.pid, id) ? process : undefined;
  }

  forget(id: string): void {
    this.#known.delete(id);
  }

  /** runc writes pid and start time of the init process before it reports success. */
  #recorded(id: string): ProcessIdentity | undefined {
    const files = this.#layout.of(id);
    const state = runcState(files);
    if (state) return { pid: state.init_process_pid, startTime: String(state.init_process_start) };
    const pid = pidIn(files.initPidFile);
    // Without runc's record only the control group tells whose process it is.
    const isOurs = pid !== undefined && isInCgroup(pid, `/${id}`);
    return isOurs ? identify(pid) : undefined;
  }
}

/** libcontainer's state.json, the part we need. */
interface RuncState {
  readonly init_process_pid: number;
  readonly init_process_start: number;
}

function runcState(files: ContainerLayout): RuncState | undefined {
  const text = readIfThere(join(files.runcState, "state.json"));
  return text === undefined ? undefined : (JSON.parse(text) as RuncState);
}

function pidIn(file: string): number | undefined {
  const text = readIfThere(file)?.trim() ?? "";
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** A conmon has the container's id among its arguments; a process that got its old pid has not. */
const isMonitorOf = (pid: number, id: string): boolean =>
  (readIfThere(`/proc/${pid}/cmdline`) ?? "").split("\0").includes(id);

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw cause;
  }
}
