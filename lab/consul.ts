import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { checkout, ending, lineOf, start } from "./process.ts";

const unpacked = join(checkout, ".cache/consul/usr/bin/consul");

/** Consul's program: the one that scripts/setup.sh unpacked, or one on PATH. */
const program = [
  unpacked,
  ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "consul")),
].find((path) => existsSync(path));

/** Path of Consul's program; throws, with what to do, when there is none. */
export function consulProgram(): string {
  if (program) return program;
  throw new Error(`Cannot start a store: there is ${lacksConsul}; "sh scripts/setup.sh test" unpacks it`);
}

/** Reason to skip what needs a Consul; false where there is one. */
export const lacksConsul: string | false =
  program === undefined &&
  "no Consul: neither .cache/consul, which scripts/setup.sh unpacks from Debian bullseye, nor `consul` on PATH";

export interface ConsulOptions {
  /** Where it listens, and where the others find it. */
  readonly address?: string;
  /** The command that enters the namespaces it is to run in. */
  readonly entrance?: readonly string[];
  /** More of what Consul's configuration file takes. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** All servers of the cluster; they wait for each other. */
  readonly cluster?: readonly string[];
}

/**
 * A server of Consul, the only one by default: clients at port 8500, servers at 8300 of its address. It listens where it
 * is run: give it a network namespace that is thrown away. Disposed, it and its data are gone.
 */
export class ConsulServer implements AsyncDisposable {
  /** Of its HTTP API, or of its HTTPS API where the configuration has a port for that. */
  readonly endpoint: string;
  readonly folder = mkdtempSync(join(tmpdir(), "fairlead-consul-"));
  readonly #arguments: readonly string[];
  readonly #entrance: readonly string[];
  #child: ChildProcess | undefined;

  private constructor({ address = "127.0.0.1", config = {}, cluster = [address], entrance = [] }: ConsulOptions) {
    this.#entrance = entrance;
    const ports = (config["ports"] ?? {}) as { http?: number; https?: number };
    this.endpoint = `${address}:${ports.https ?? ports.http ?? 8500}`;
    const fast = { raft_multiplier: 1 }; // elections in about a second: there is no slow network here
    writeFileSync(join(this.folder, "config.json"), JSON.stringify({ performance: fast, ...config }));
    this.#arguments = [
      ...["agent", "-server", `-bootstrap-expect=${cluster.length}`, `-bind=${address}`, `-client=${address}`],
      ...[`-node=server-${address}`, `-data-dir=${this.folder}/data`, `-config-file=${this.folder}/config.json`],
      ...cluster.filter((other) => other !== address).map((other) => `-retry-join=${other}`),
    ];
  }

  /** Resolves when it has a leader and sessions can be made. */
  static async start(options: ConsulOptions = {}): Promise<ConsulServer> {
    const server = new ConsulServer(options);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    if (!program) throw new Error(String(lacksConsul));
    const child = start([...this.#entrance, program, ...this.#arguments]);
    this.#child = child;
    await Promise.all([
      lineOf(child, /New leader elected/, "Consul"),
      lineOf(child, /marking health alive|Synced node info|Node info in sync/, "Consul"),
    ]);
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    child.kill("SIGKILL");
    await ending(child);
  }

  /** Its data are gone when it is started again. */
  async lose(): Promise<void> {
    await this.kill();
    rmSync(join(this.folder, "data"), { recursive: true });
  }

  /** It stands still: connections stay, nothing is answered. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Calls its HTTP API beside the adapter. Throws for a status that is no success. */
  async api<T>(method: string, path: string, body?: unknown, token = ""): Promise<T> {
    const options = { method, headers: { "X-Consul-Token": token }, ...(body ? { body: JSON.stringify(body) } : {}) };
    const response = await fetch(`http://${this.endpoint}/v1${path}`, options);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }
}
