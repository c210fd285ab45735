import type { ChildProcess } from "node:child_process";
import { checkout, type ExecOptions, exec, type Result, run, start } from "./process.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";

/** Where a machine is: a name for messages, its own folder, and a process that is in all of its namespaces. */
export interface MachinePlace {
  readonly name: string;
  readonly folder: string;
  readonly pid: number;
}

/** Network, mount and process namespaces that commands can be run in, with the CLIs pointed at the daemon in there. */
export class Machine {
  readonly name: string;
  /** Its own folder: the same path inside and outside, empty or absent outside. */
  readonly folder: string;
  /** A process of its namespaces that lives as long as they do, as seen from outside. */
  readonly pid: number;

  constructor({ name, folder, pid }: MachinePlace) {
    this.name = name;
    this.folder = folder;
    this.pid = pid;
  }

  /** The socket that the daemon listens on, as seen inside. */
  get socket(): string {
    return `${this.folder}/fairlead.sock`;
  }

  /** Where the daemon keeps its state, as seen inside. */
  get roots(): { readonly dataRoot: string; readonly execRoot: string } {
    return { dataRoot: `${this.folder}/data`, execRoot: `${this.folder}/run` };
  }

  /** A path of the machine as seen from outside; sockets can be connected to through it. */
  pathOf(path: string): string {
    return `/proc/${this.pid}/root${path}`;
  }

  /** What a command line begins with that is to run in here. */
  get entrance(): string[] {
    return ["nsenter", `--target=${this.pid}`, "--net", "--mount", "--pid", "--wdns=/", "--"];
  }

  /** Runs a command in all namespaces of the machine. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<Result> {
    return exec([...this.entrance, ...argv], options);
  }

  /** Runs a command that must succeed, and returns its output. */
  run(...argv: string[]): Promise<string> {
    return run([...this.entrance, ...argv]);
  }

  /** Runs a command that prints JSON: json("ip", "-j", "link"). Nothing printed is an empty list, as ip(8) means it. */
  async json<T = Record<string, unknown>[]>(...argv: string[]): Promise<T> {
    return JSON.parse((await this.run(...argv)) || "[]") as T;
  }

  /** Starts a command in the machine; the machine's end is its end. */
  spawn(argv: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    return start([...this.entrance, ...argv], { env: { ...process.env, ...env } });
  }

  /** Runs a command in the machine's network only, with the outside's processes and files. */
  inNetwork(...argv: string[]): Promise<string> {
    return run(["nsenter", `--target=${this.pid}`, "--net", ...argv]);
  }

  /** Several `ip` commands in one process, in the machine's network. */
  async ip(...commands: string[]): Promise<void> {
    const input = `${commands.join("\n")}\n`;
    await run(["nsenter", `--target=${this.pid}`, "--net", "ip", "-batch", "-"], { input });
  }

  /** Runs the CLI against the machine's daemon. */
  cli(...args: string[]): Promise<Result> {
    return this.exec([`${checkout}/fairlead`, "--host", `unix://${this.socket}`, ...args]);
  }

  /** Runs a CLI command that must succeed, and returns its output without the newline at the end. */
  async fairlead(...args: string[]): Promise<string> {
    return (await this.run(`${checkout}/fairlead`, "--host", `unix://${this.socket}`, ...args)).trimEnd();
  }

  /** Runs the unmodified docker CLI against the machine's daemon. */
  docker(...args: string[]): Promise<Result> {
    return this.exec(["docker", "-H", `unix://${this.socket}`, ...args]);
  }

  /** What there is in the machine's kernel, without what changes by itself: compare two with deepEqual to find leaks. */
  snapshot(): Promise<Snapshot> {
    return takeSnapshot(this);
  }
}
