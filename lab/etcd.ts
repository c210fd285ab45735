import { type ChildProcess, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout, ending, lineOf, start } from "./process.ts";

/** An etcd that setup.sh unpacked, or the machine's own. */
export interface EtcdProgram {
  readonly path: string;
  /** "3.5.16" */
  readonly version: string;
}

/** Every version there is, the newest first. */
export function etcdPrograms(): readonly EtcdProgram[] {
  const folders = [join(checkout, ".cache/etcd-trixie/usr/bin"), join(checkout, ".cache/etcd/usr/bin"), "/usr/bin"];
  const found = folders.map((folder) => join(folder, "etcd")).filter((path) => existsSync(path));
  const programs = found.map((path) => ({ path, version: versionOf(path) }));
  return programs
    .filter(({ version }, index) => programs.findIndex((other) => other.version === version) === index)
    .sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }));
}

const versionOf = (path: string): string =>
  /etcd Version: ([\d.]+)/.exec(execFileSync(path, ["--version"], { encoding: "utf8" }))?.[1] ?? "0.0.0";

/** The newest etcd; throws when there is none. */
export function newestEtcd(): EtcdProgram {
  const [newest] = etcdPrograms();
  if (!newest) throw new Error("there is no etcd: run scripts/setup.sh test");
  return newest;
}

export interface EtcdOptions {
  readonly program: EtcdProgram;
  readonly name?: string;
  /** Where it listens, and where the other members find it. */
  readonly address?: string;
  /** All members by name, this one among them. */
  readonly members?: Readonly<Record<string, string>>;
  /** The command that enters the namespaces it is to run in. */
  readonly entrance?: readonly string[];
  /** Makes clients use TLS. With `ca` they must show a certificate. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly ca?: string };
  readonly flags?: readonly string[];
}

/**
 * A member of an etcd cluster, the only one by default: clients at port 2379, members at 2380 of its address. It listens
 * where it is run: give it a network namespace that is thrown away. Disposed, it and its data are gone.
 */
export class EtcdServer implements AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly #options: EtcdOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), "fairlead-etcd-"));
  #process: ChildProcess | undefined;

  constructor(options: EtcdOptions) {
    this.#options = options;
    this.name = options.name ?? "one";
    this.address = options.address ?? "127.0.0.1";
  }

  /** Starts a server and waits until it serves clients. */
  static async create(options: EtcdOptions): Promise<EtcdServer> {
    const server = new EtcdServer(options);
    await server.start();
    return server;
  }

  /** "address:port" for clients. */
  get endpoint(): string {
    return `${this.address}:2379`;
  }

  /** Starts it on the data there are. The first members of a cluster wait for each other: start them together. */
  async start(): Promise<void> {
    this.#process = start([...(this.#options.entrance ?? []), this.#options.program.path, ...this.#arguments()]);
    await lineOf(this.#process, /serving client traffic/, `etcd ${this.name}`);
  }

  /** Sends a signal: SIGSTOP freezes it, SIGCONT lets it go on. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends it as a loss of power does, and waits until it is gone. */
  async kill(): Promise<void> {
    if (!this.#process) return;
    this.#process.kill("SIGKILL");
    await ending(this.#process);
  }

  /** Forgets all data: the next start makes another store at the same address. */
  async wipe(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A call through etcd's JSON gateway, for what clients of ours never do. Over plain HTTP only. */
  async request(path: string, body: object): Promise<object> {
    const response = await fetch(`http://${this.endpoint}/v3/${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as object;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wipe();
  }

  #arguments(): string[] {
    const { tls, members = { [this.name]: this.address }, flags = [] } = this.#options;
    const clients = `${tls ? "https" : "http"}://${this.endpoint}`;
    const peers = `http://${this.address}:2380`;
    const cluster = Object.entries(members).map(([name, address]) => `${name}=http://${address}:2380`);
    const files = tls ? [`--cert-file=${tls.certificate}`, `--key-file=${tls.key}`] : [];
    const ca = tls?.ca === undefined ? [] : [`--trusted-ca-file=${tls.ca}`, "--client-cert-auth"];
    return [
      `--name=${this.name}`,
      `--data-dir=${this.#folder}`,
      `--listen-client-urls=${clients}`,
      `--advertise-client-urls=${clients}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=${cluster.join(",")}`,
      "--logger=zap",
      "--log-outputs=stderr",
      ...files,
      ...ca,
      ...flags,
    ];
  }
}
