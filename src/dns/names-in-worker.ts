import type { Worker } from "node:worker_threads";
import type { Log } from "../base/log.ts";
import type { NameRecord, Names, ResolverConfig } from "../contracts/names.ts";
import type { ResolverSockets } from "../contracts/packets.ts";
import type { Call, Report, Request } from "./protocol.ts";

export interface NamesParts {
  /** Starts the thread that runs servePort(). */
  readonly spawn: () => Worker;
  /** Opens a resolver's sockets inside a sandbox, synchronously. */
  readonly openSockets: (sandboxId: string) => ResolverSockets;
  readonly closeSockets: (sockets: ResolverSockets) => void;
  readonly log: Log;
  /** The DNS cannot be kept alive: the daemon should end, and say this. */
  readonly onFatal: (error: Error) => void;
}

interface Pending {
  readonly request: Request;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

const MAX_CRASHES = 5;
const CRASH_WINDOW = 60_000;

/**
 * The main thread's side of the DNS. It keeps everything that the DNS thread knows, and the sockets themselves: the
 * thread serves on duplicates. So when the thread dies a new one is started with all of it, and queries that came
 * meanwhile are still waiting in the sockets. A thread that keeps dying is fatal.
 */
export class NamesInWorker implements Names {
  readonly #parts: NamesParts;
  readonly #records = new Map<string, NameRecord>();
  readonly #resolvers = new Map<string, { readonly config: ResolverConfig; readonly sockets: ResolverSockets }>();
  readonly #pending = new Map<number, Pending>();
  readonly #crashes: number[] = [];
  #worker: Worker;
  /** Whether the thread of now has said anything. */
  #hasLoaded = false;
  #lastId = 0;
  #isStopped = false;
  #stopping: Promise<void> | undefined;

  constructor(parts: NamesParts) {
    this.#parts = parts;
    this.#worker = this.#start();
  }

  async publish(records: readonly NameRecord[]): Promise<void> {
    for (const record of records) this.#records.set(record.endpointId, record);
    await this.#call({ method: "publish", records });
  }

  async withdraw(endpointIds: readonly string[]): Promise<void> {
    for (const id of endpointIds) this.#records.delete(id);
    await this.#call({ method: "withdraw", endpointIds });
  }

  async open(config: ResolverConfig): Promise<{ udp: number; tcp: number }> {
    const { sandboxId } = config;
    const sockets = this.#parts.openSockets(sandboxId);
    const before = this.#resolvers.get(sandboxId);
    this.#resolvers.set(sandboxId, { config, sockets });
    try {
      await this.#call({ method: "open", config, fds: sockets });
    } catch (error) {
      if (this.#resolvers.get(sandboxId)?.sockets === sockets) this.#resolvers.delete(sandboxId);
      this.#parts.closeSockets(sockets);
      throw error;
    } finally {
      if (before) this.#parts.closeSockets(before.sockets);
    }
    return { udp: sockets.udpPort, tcp: sockets.tcpPort };
  }

  async update(config: ResolverConfig): Promise<void> {
    const resolver = this.#resolvers.get(config.sandboxId);
    if (!resolver) return; // closed meanwhile: there is nothing to change
    this.#resolvers.set(config.sandboxId, { ...resolver, config });
    await this.#call({ method: "update", config });
  }

  async close(sandboxId: string): Promise<void> {
    const resolver = this.#resolvers.get(sandboxId);
    if (!resolver) return;
    this.#resolvers.delete(sandboxId);
    try {
      await this.#call({ method: "close", sandboxId });
    } finally {
      this.#parts.closeSockets(resolver.sockets);
    }
  }

  async statistics(): Promise<{ source: string; rcode: string; count: number }[]> {
    return (await this.#call({ method: "statistics" })) as { source: string; rcode: string; count: number }[];
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    // Terminated while it loads a native addon, a thread takes the whole process with it (napi_throw, in Node 26). Any
    // answer tells that it has loaded; why there is none does not matter here.
    if (!this.#hasLoaded) await this.statistics().catch(() => {});
    this.#isStopped = true;
    await this.#worker.terminate();
    this.#rejectAll(new Error("the DNS was stopped"));
    for (const { sockets } of this.#resolvers.values()) this.#parts.closeSockets(sockets);
    this.#resolvers.clear();
  }

  #call(call: Call): Promise<unknown> {
    if (this.#isStopped) return Promise.reject(new Error("the DNS is stopped"));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const request = { id: ++this.#lastId, call };
    this.#pending.set(request.id, { request, resolve, reject });
    this.#worker.postMessage(request);
    return promise;
  }

  #start(): Worker {
    const worker = this.#parts.spawn();
    this.#hasLoaded = false;
    let cause: unknown;
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("message", (report: Report) => this.#onReport(report));
    worker.on("exit", (code) => this.#onExit(cause ?? new Error(`exit code ${code}`)));
    return worker;
  }

  #onReport(report: Report): void {
    this.#hasLoaded = true;
    if (report.kind === "log") {
      this.#parts.log[report.level](report.fields, report.text);
      return;
    }
    const pending = this.#pending.get(report.id);
    this.#pending.delete(report.id);
    if (report.kind === "done") pending?.resolve(report.result);
    else if (pending) pending.reject(report.error);
    else this.#parts.log.error({ err: report.error }, "cannot restore a part of the DNS");
  }

  /** Starts anew: everything that is known, then what was asked and not answered; repeating either does no harm. */
  #onExit(cause: unknown): void {
    if (this.#isStopped) return;
    const now = performance.now();
    this.#crashes.push(now);
    const recent = this.#crashes.filter((at) => now - at < CRASH_WINDOW).length;
    if (recent > MAX_CRASHES) this.#giveUp(cause);
    else this.#startAgain(cause);
  }

  #startAgain(cause: unknown): void {
    this.#parts.log.error({ err: cause }, "the DNS thread ended unexpectedly, starting it again");
    this.#worker = this.#start();
    for (const call of this.#state()) this.#worker.postMessage({ id: 0, call });
    for (const { request } of this.#pending.values()) this.#worker.postMessage(request);
  }

  #state(): Call[] {
    const opened = [...this.#resolvers.values()].map(
      ({ config, sockets }): Call => ({ method: "open", config, fds: sockets }),
    );
    return [{ method: "publish", records: [...this.#records.values()] }, ...opened];
  }

  #giveUp(cause: unknown): void {
    const error = new Error(`Cannot keep the DNS running: its thread ended ${MAX_CRASHES + 1} times in a minute`, {
      cause,
    });
    this.#isStopped = true;
    this.#rejectAll(error);
    this.#parts.onFatal(error);
  }

  #rejectAll(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
