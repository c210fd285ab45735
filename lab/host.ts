import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clearCgroups } from "./cgroups.ts";
import { childrenOf } from "./children.ts";
import { Daemon } from "./daemon.ts";
import { checkout, type ExecOptions, ending, exec, lineOf, type Result, run, start } from "./process.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";

/** Runs as first process below tini: makes the host's own file systems, says so, and holds the namespaces. */
const firstProcess = `
  set -e
  ip link set lo up
  mount -t tmpfs -o mode=755 none "$1"
  mkdir -p "$1/data" "$1/run" /run/netns
  mount -t tmpfs none /run/netns
  echo ready
  exec sleep infinity`;

/**
 * A throw-away machine: network, mount and process namespaces of its own, loopback up, and a folder on a file system of
 * its own for the daemon's roots. Disposed, it ends everything in it. Needs root.
 *
 * @example
 * await using host = await Host.create();
 * await host.startDaemon();
 * await host.cli("network", "create", "web");
 */
export class Host implements AsyncDisposable {
  readonly name: string;
  /** Its own folder: the same path inside and outside, empty outside. */
  readonly folder: string;
  /** First process of its namespaces, as seen from outside. */
  readonly pid: number;
  readonly #holder: ChildProcess;
  #daemon: Daemon | undefined;

  private constructor(name: string, folder: string, holder: ChildProcess) {
    this.name = name;
    this.folder = folder;
    this.#holder = holder;
    this.pid = onlyChildOf(holder);
  }

  static async create(name = "host"): Promise<Host> {
    const folder = mkdtempSync(join(tmpdir(), "fairlead-host-"));
    const namespaces = [
      "--net",
      "--mount",
      "--propagation",
      "private",
      "--pid",
      "--fork",
      "--kill-child",
      "--mount-proc",
    ];
    const holder = start(["unshare", ...namespaces, "tini", "--", "sh", "-c", firstProcess, "sh", folder]);
    await lineOf(holder, /^ready$/, `host ${name}`);
    return new Host(name, folder, holder);
  }

  /** The socket that the host's daemon listens on, as seen inside. */
  get socket(): string {
    return `${this.folder}/fairlead.sock`;
  }

  /** A path of the host as seen from outside; sockets can be connected to through it. */
  pathOf(path: string): string {
    return `/proc/${this.pid}/root${path}`;
  }

  /** Runs a command in all namespaces of the host. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<Result> {
    return exec([...this.#entrance, ...argv], options);
  }

  /** Runs a command that must succeed, and returns its output. */
  run(...argv: string[]): Promise<string> {
    return run([...this.#entrance, ...argv]);
  }

  /** Runs a command that prints JSON: json("ip", "-j", "link"). Nothing printed is an empty list, as ip(8) means it. */
  async json<T = Record<string, unknown>[]>(...argv: string[]): Promise<T> {
    return JSON.parse((await this.run(...argv)) || "[]") as T;
  }

  /** Starts a command in the host; the host's end is its end. */
  spawn(argv: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    return start([...this.#entrance, ...argv], { env: { ...process.env, ...env } });
  }

  /** Runs a command in the host's network only, with the outside's processes and files. */
  inNetwork(...argv: string[]): Promise<string> {
    return run(["nsenter", `--target=${this.pid}`, "--net", ...argv]);
  }

  /** Starts `fairlead daemon` with the host's roots and waits until it is ready. */
  async startDaemon(...args: string[]): Promise<Daemon> {
    if (this.#daemon?.running) throw new Error(`${this.name} runs a daemon already`);
    this.#daemon = Daemon.spawn(this, args);
    await this.#daemon.ready();
    return this.#daemon;
  }

  /** As startDaemon(), but without waiting: to end it while it starts. */
  spawnDaemon(...args: string[]): Daemon {
    if (this.#daemon?.running) throw new Error(`${this.name} runs a daemon already`);
    this.#daemon = Daemon.spawn(this, args);
    return this.#daemon;
  }

  /** Ends the daemon: SIGKILL by default, containers are none the wiser. */
  async killDaemon(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await this.#daemon?.end(signal);
  }

  /** Runs the CLI against the host's daemon. */
  cli(...args: string[]): Promise<Result> {
    return this.exec([`${checkout}/fairlead`, "--host", `unix://${this.socket}`, ...args]);
  }

  /** Runs a CLI command that must succeed, and returns its output without the newline at the end. */
  async fairlead(...args: string[]): Promise<string> {
    return (await this.run(`${checkout}/fairlead`, "--host", `unix://${this.socket}`, ...args)).trimEnd();
  }

  /** Runs the unmodified docker CLI against the host's daemon. */
  docker(...args: string[]): Promise<Result> {
    return this.exec(["docker", "-H", `unix://${this.socket}`, ...args]);
  }

  /** What there is in the host's kernel, without what changes by itself: compare two with deepEqual to find leaks. */
  snapshot(): Promise<Snapshot> {
    return takeSnapshot(this);
  }

  /** Ends everything in the host. Throws when something outlives it: a file in its folder on the real file system. */
  async [Symbol.asyncDispose](): Promise<void> {
    // The kernel ends every process of the namespace before its first one is gone (pid_namespaces(7)).
    process.kill(this.pid, "SIGKILL");
    await ending(this.#holder);
    clearCgroups({ dataRoot: `${this.folder}/data`, execRoot: `${this.folder}/run` });
    rmdirSync(this.folder);
  }

  get #entrance(): string[] {
    return ["nsenter", `--target=${this.pid}`, "--net", "--mount", "--pid", "--wdns=/", "--"];
  }
}

/** tini below unshare: the first process of the new namespace. */
const onlyChildOf = ({ pid }: ChildProcess): number => childrenOf(pid)[0] ?? Number.NaN;
