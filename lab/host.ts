import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clearCgroups, thawCgroups } from "./cgroups.ts";
import { Daemon } from "./daemon.ts";
import { Machine } from "./machine.ts";
import { ending, firstChildOf, lineOf, start } from "./process.ts";

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
export class Host extends Machine implements AsyncDisposable {
  readonly #holder: ChildProcess;
  #daemon: Daemon | undefined;

  private constructor(name: string, folder: string, holder: ChildProcess) {
    super({ name, folder, pid: firstChildOf(holder.pid ?? 0) });
    this.#holder = holder;
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
    // It ends with its maker, however that ends: a bench that is killed leaves no machine behind (PR_SET_PDEATHSIG).
    const holder = start([
      "setpriv",
      "--pdeathsig",
      "KILL",
      "unshare",
      ...namespaces,
      "tini",
      "--",
      "sh",
      "-c",
      firstProcess,
      "sh",
      folder,
    ]);
    await lineOf(holder, /^ready$/, `host ${name}`);
    return new Host(name, folder, holder);
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

  /** Ends everything in the host. Throws when something outlives it: a file in its folder on the real file system. */
  async [Symbol.asyncDispose](): Promise<void> {
    // The kernel ends every process of the namespace before its first one is gone (pid_namespaces(7)).
    process.kill(this.pid, "SIGKILL");
    thawCgroups(this.roots);
    await ending(this.#holder);
    clearCgroups(this.roots);
    rmdirSync(this.folder);
  }
}
