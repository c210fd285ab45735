import type { ChildProcess } from "node:child_process";
import { readlinkSync } from "node:fs";
import { Machine } from "../machine.ts";
import { ending, firstChildOf, lineOf, start } from "../process.ts";
import type { LabPlan, LabRecord, Place } from "./place.ts";
import { switchSetup } from "./switches.ts";

/**
 * Runs as first process of a lab, below tini. Until it is told to stay it ends with its maker, whose end of the pipe
 * closes however that one dies. It keeps the machine's /proc, so that numbers of processes mean what they mean outside.
 */
const firstProcess = `
  set -e
  mount -t tmpfs -o mode=755 none "$1"
  ${switchSetup}
  echo ready
  read -r word
  [ "$word" = stay ]
  exec sleep infinity </dev/null >/dev/null 2>&1`;

export const ownPidNamespace = (): string => readlinkSync("/proc/self/ns/pid");

/**
 * What a lab is made in: one process namespace around all of it, so that one signal ends everything, and one network
 * namespace with its switches. The machine's own namespaces get nothing of it.
 */
export class Frame extends Machine {
  readonly place: Place;
  readonly #holder: ChildProcess | undefined;

  private constructor(place: Place, pid: number, holder?: ChildProcess) {
    super({ name: "switches", folder: place.folder, pid });
    this.place = place;
    this.#holder = holder;
  }

  /** Makes it; it ends with this process unless stay() is called. Throws when the lab exists, or is left half-made. */
  static async create(place: Place, plan: LabPlan): Promise<Frame> {
    if (!place.claim()) throw await taken(place);
    const namespaces = ["--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"];
    const first = ["tini", "--", "sh", "-c", firstProcess, "sh", place.folder];
    const holder = start(place.locked(["unshare", ...namespaces, ...first]));
    const record = { pidNamespace: ownPidNamespace(), holder: holder.pid ?? 0, plan, machines: {} };
    place.write(record);
    await lineOf(holder, /^ready$/, `the frame of lab "${place.name}"`);
    return new Frame(place, firstChildOf(record.holder), holder);
  }

  /** That of a lab which was made by another process. Throws when it has ended. */
  static async open(place: Place): Promise<Frame> {
    const pid = await firstProcessOf(place);
    if (pid === undefined) throw ended(place);
    return new Frame(place, pid);
  }

  /** The frame outlives this process from now on. */
  async stay(): Promise<void> {
    const { stdin } = this.#holder ?? {};
    if (!stdin) return;
    await new Promise<void>((resolve, reject) =>
      stdin.end("stay\n", (error?: Error) => (error ? reject(error) : resolve())),
    );
    for (const stream of [this.#holder?.stdout, this.#holder?.stderr]) stream?.destroy();
    this.#holder?.unref();
  }

  /** Ends every process of the lab, and does not wait for it. */
  kill(): void {
    endProcess(this.pid);
  }

  /** Ends every process of the lab and waits for it; nothing of a lab but its folder is left then. */
  async end(): Promise<void> {
    if (this.#holder === undefined) return endProcesses(this.place);
    // Somebody may have ended it, and made another one of that name.
    if (this.place.read()?.holder === this.#holder.pid) await endProcesses(this.place);
    await ending(this.#holder);
  }
}

/** Ends what lives of a lab, half-made or whole. */
export async function endProcesses(place: Place): Promise<void> {
  for (let seconds = 0; seconds < 30; seconds++) {
    const pid = await firstProcessOf(place);
    // The kernel ends every process of the namespace before its first one is gone (pid_namespaces(7)).
    if (pid !== undefined) endProcess(pid);
    if (await place.isReleased(1)) return;
  }
  throw new Error(`Cannot end lab "${place.name}": its processes do not end; "fuser -v ${place.lock}" shows them`);
}

/** The first process of a lab whose lock is held; undefined while or after there is none. */
async function firstProcessOf(place: Place): Promise<number | undefined> {
  const record = place.read();
  if (!record || !(await place.isHeld())) return undefined;
  checkNamespace(place, record);
  try {
    return firstChildOf(record.holder);
  } catch {
    return undefined; // it has none yet, or has ended
  }
}

function checkNamespace(place: Place, { pidNamespace }: LabRecord): void {
  if (pidNamespace === ownPidNamespace()) return;
  throw new Error(
    `Cannot reach lab "${place.name}": it was made in another process namespace (${pidNamespace}); go there`,
  );
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function taken(place: Place): Promise<Error> {
  const { name, folder, flag } = place;
  return (await place.isHeld())
    ? new Error(
        `Cannot make lab "${name}": it is up, or being made; end it with "fairlead lab down${flag}", or make another one with --name`,
      )
    : new Error(
        `Cannot make lab "${name}": one that was cut short left ${folder}; remove it with "fairlead lab down${flag}"`,
      );
}

export function ended({ name, exists, folder, flag }: Place): Error {
  return exists
    ? new Error(
        `Lab "${name}" has ended, or was never finished; remove what is left in ${folder} with "fairlead lab down${flag}"`,
      )
    : new Error(`There is no lab "${name}"; make it with "fairlead lab up${flag}"`);
}
