import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Log } from "../base/log.ts";
import type { Sandboxes } from "../contracts/kernel.ts";
import { NamesInWorker } from "../dns/names-in-worker.ts";
import { closeResolverSockets, openResolverSockets } from "../kernel/sockets/resolver-sockets.ts";
import type { DnsWorkerData } from "./dns-worker.ts";

export interface NamesOptions {
  readonly sandboxes: Pick<Sandboxes, "runIn">;
  /** Where sandboxes are pinned: <exec-root>/netns. */
  readonly netnsDirectory: string;
  readonly log: Log;
  /** Called when the DNS thread cannot be kept alive: end the daemon with this. */
  readonly onFatal: (error: Error) => void;
  /** How long one DNS server may take. */
  readonly upstreamTimeoutMs?: number;
  /** False: without recvmmsg and sendmmsg. */
  readonly batched?: boolean;
}

/** Starts the DNS thread. End it with stop(). */
export function startNames(options: NamesOptions): NamesInWorker {
  const { sandboxes, netnsDirectory, log, onFatal, upstreamTimeoutMs = 2000, batched = true } = options;
  return new NamesInWorker({
    spawn: () => spawnDnsWorker({ netnsDirectory, upstreamTimeoutMs, batched }),
    openSockets: (sandboxId) => openResolverSockets(sandboxes, sandboxId),
    closeSockets: closeResolverSockets,
    log,
    onFatal,
  });
}

/** The thread alone, for who wants to watch it. */
export function spawnDnsWorker(workerData: DnsWorkerData): Worker {
  const file = new URL(`./dns-worker${extname(import.meta.url)}`, import.meta.url); // .js beside us when bundled
  return new Worker(file, { workerData, name: "dns" });
}
