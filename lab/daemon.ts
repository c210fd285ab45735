import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { checkout, ending, lineOf } from "./process.ts";

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
  /** Its log, line by line, for the message of a failed test. */
  readonly log: string[] = [];

  private constructor(host: Place, process: ChildProcess) {
    this.#host = host;
    this.#process = process;
    for (const stream of [process.stdout, process.stderr]) {
      if (stream) createInterface(stream).on("line", (line) => this.log.push(line));
    }
  }

  /** Starts it and waits for the line that says it is ready. */
  static async start(host: Place, args: readonly string[]): Promise<Daemon> {
    const { folder } = host;
    const roots = ["--data-root", `${folder}/data`, "--exec-root", `${folder}/run`, "--pidfile", `${folder}/pid`];
    const argv = [`${checkout}/fairlead`, "daemon", "--host", `unix://${host.socket}`, ...roots, ...args];
    const child = host.spawn(argv);
    const daemon = new Daemon(host, child);
    await lineOf(child, /"msg":"ready"/, `the daemon of ${host.name}`);
    return daemon;
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
