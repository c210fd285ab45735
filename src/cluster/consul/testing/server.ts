import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { checkout, ending, lineOf, start } from "../../../../lab/process.ts";

const unpacked = join(checkout, ".cache/consul/usr/bin/consul");

/** Consul's program: the one that scripts/setup.sh unpacked, or one on PATH. */
const program = [unpacked, ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "consul"))].find(
  (path) => existsSync(path),
);

/** Reason to skip what needs a Consul; false where there is one. */
export const lacksConsul: string | false =
  program === undefined &&
  "no Consul: neither .cache/consul, which scripts/setup.sh unpacks from Debian bullseye, nor `consul` on PATH";

/**
 * One server of Consul with a data folder, on loopback of the network namespace it is started in. Disposed, it ends and
 * its data go.
 */
export class ConsulServer implements AsyncDisposable {
  /** Of its HTTP API, or of its HTTPS API where the configuration has a port for that. */
  readonly endpoint: string;
  readonly folder = mkdtempSync(join(tmpdir(), "fairlead-consul-"));
  #child: ChildProcess | undefined;

  private constructor(config: Readonly<Record<string, unknown>>) {
    const ports = (config["ports"] ?? {}) as { http?: number; https?: number };
    this.endpoint = `127.0.0.1:${ports.https ?? ports.http ?? 8500}`;
    const fast = { raft_multiplier: 1 }; // elections in about a second: this machine has no network to wait for
    writeFileSync(join(this.folder, "config.json"), JSON.stringify({ performance: fast, ...config }));
  }

  /** `config`: more of what Consul's configuration file takes. Resolves when sessions can be made, too. */
  static async start(config: Readonly<Record<string, unknown>> = {}): Promise<ConsulServer> {
    const server = new ConsulServer(config);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    if (!program) throw new Error(String(lacksConsul));
    const args = ["-server", "-bootstrap-expect=1", "-bind=127.0.0.1", "-client=127.0.0.1", "-node=server-a"];
    const files = [`-data-dir=${this.folder}/data`, `-config-file=${this.folder}/config.json`];
    const child = start([program, "agent", ...args, ...files]);
    this.#child = child;
    await Promise.all([
      lineOf(child, /cluster leadership acquired/, "Consul"),
      lineOf(child, /member joined, marking health alive|Synced node info|node info in sync/i, "Consul"),
    ]);
  }

  /** As `kill -9` does, and power loss as far as the process is concerned. */
  async kill(): Promise<void> {
    await this.#signal("SIGKILL");
  }

  /** Stands still: connections stay, nothing is answered. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    child.kill(signal);
    await ending(child);
  }
}
