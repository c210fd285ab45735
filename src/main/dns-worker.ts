import { parentPort, workerData } from "node:worker_threads";
import { portLog, servePort } from "../dns/serve-port.ts";
import { DnsService } from "../dns/service.ts";
import { duplicate } from "../kernel/ffi/connect.ts";
import { KernelPacketBatch } from "../kernel/ffi/packets.ts";
import { Namespaces } from "../kernel/netns/namespaces.ts";
import { openUpstreamSocket } from "../kernel/sockets/upstream-socket.ts";

/** What src/main/names.ts starts this thread with. */
export interface DnsWorkerData {
  readonly netnsDirectory: string;
  readonly upstreamTimeoutMs: number;
  /** False: datagrams one by one, to measure what the batches are worth. */
  readonly batched: boolean;
}

/** The thread of the DNS. It has its own idea of which namespace it is in, so it opens upstream sockets by itself. */
function main(): void {
  if (!parentPort) throw new Error("dns-worker.ts runs as a worker thread only");
  const { netnsDirectory, upstreamTimeoutMs, batched } = workerData as DnsWorkerData;
  const namespaces = new Namespaces(netnsDirectory);
  const service = new DnsService({
    log: portLog(parentPort),
    duplicate,
    openUpstream: (target) => openUpstreamSocket(namespaces, target),
    batch: batched ? new KernelPacketBatch() : undefined,
    now: () => performance.now(),
    upstreamTimeoutMs,
  });
  servePort(parentPort, service);
}

main();
