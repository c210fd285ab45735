import type { ChildProcess } from "node:child_process";
import { setImmediate } from "node:timers/promises";
import { childrenOf } from "./children.ts";
import { LineLog } from "./line-log.ts";
import { checkout, ending, lineOf } from "./process.ts";

/** The command line of a daemon on these roots. */
export function daemonCommand({ folder, socket }: Pick<Place, "folder" | "socket">): string[] {
  const roots = ["--data-root", `${folder}/data`, "--exec-root", `${folder}/run`, "--pidfile", `${folder}/pid`];
  return [`${checkout}/fairlead`, "daemon", "--host", `unix://${socket}`, ...roots];
}

/** What a daemon needs of the host it runs in. */
export interface Place {
  readonly name: string;
  readonly folder: string;
  readonly socket: string;
  spawn(argv: readonly string[]): ChildProcess;
  run(...argv: string[]): Promise<string>;
}

/** A daemon that runs in a host. */
export class Daemon {
  readonly #host: Place;
  readonly #process: ChildProcess;
  readonly #log: LineLog;

  private constructor(host: Place, process: ChildProcess) {
    this.#host = host;
    this.#process = process;
    this.#log = new LineLog(process);
  }

  /** Its log, line by line, for the message of a failed test. */
  get log(): readonly string[] {
    return this.#log.lines;
  }

  /** As LineLog.logged(). */
  logged(pattern: RegExp, from?: number): Promise<string> {
    return this.#log.logged(pattern, from);
  }

  /** Starts it. It is ready later: see ready(). */
  static spawn(host: Place, args: readonly string[]): Daemon {
    return new Daemon(host, host.spawn([...daemonCommand(host), ...args]));
  }

  /** Waits for the line that says it is ready; fails when it ends before. */
  async ready(): Promise<void> {
    await lineOf(this.#process, /"msg":"ready"/, `the daemon of ${this.#host.name}`);
  }

  /** As seen from outside; undefined before the process that enters the host for it has started it. */
  get pid(): number | undefined {
    return childrenOf(this.#process.pid ?? 0)[0];
  }

  /** SIGKILL at this very instant (end() runs a program to send it), or as soon as there is a process. */
  async kill(): Promise<void> {
    while (this.running && this.pid === undefined) await setImmediate();
    if (this.pid !== undefined) process.kill(this.pid, "SIGKILL");
    await ending(this.#process);
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Sends a signal and waits for the end. The pid file has the number as the host knows it. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    await this.#host.run("sh", "-c", `kill -${signal.replace("SIG", "")} "$(cat ${this.#host.folder}/pid)"`);
    await ending(this.#process);
  }
}
