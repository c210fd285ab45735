import type { IncomingMessage } from "node:http";
import { invalid } from "../../../base/errors.ts";
import type { TransferProgress } from "../../../contracts/images.ts";
import type { Descriptor } from "../documents.ts";
import type { ImageStore } from "../image-store.ts";
import type { Listener, SharedWork } from "../shared-work.ts";
import type { Registry } from "./registry.ts";

/** Layers that are being fetched, for everybody who pulls them. */
export type LayerTransfers = SharedWork<void, TransferProgress>;

export interface LayerToFetch {
  /** Ends with the work's own signal. */
  readonly registry: Registry;
  readonly path: string;
  readonly layer: Descriptor;
  readonly diffId: string;
}

/** Twelve digits, as clients show layers. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, "").slice(0, 12);

/** Times that a transfer which breaks off is tried, as dockerd's --max-download-attempts. */
const attempts = 5;

/** Fetches a layer and unpacks it. */
export async function fetchLayer(
  store: ImageStore,
  { registry, path, layer, diffId }: LayerToFetch,
  { signal, report }: { readonly signal: AbortSignal; readonly report: Listener<TransferProgress> },
): Promise<void> {
  const id = shortDigest(layer.digest);
  for (let attempt = 1; !store.blobs.has(layer.digest); attempt += 1) {
    try {
      await download(store, { registry, path, layer, diffId }, { signal, report });
    } catch (error) {
      if (signal.aborted || attempt >= attempts || !isTransient(error)) throw error;
      report({ id, status: "Retrying" });
    }
  }
  report({ id, status: "Download complete" });
  report({ id, status: "Extracting", current: layer.size, total: layer.size });
  await store.layers.unpack(store.blobs.pathOf(layer.digest), diffId);
  signal.throwIfAborted();
  report({ id, status: "Pull complete" });
}

async function download(
  { blobs }: ImageStore,
  { registry, path, layer }: LayerToFetch,
  { signal, report }: { readonly signal: AbortSignal; readonly report: Listener<TransferProgress> },
): Promise<void> {
  const [id, total] = [shortDigest(layer.digest), layer.size];
  const answer: IncomingMessage = await registry.ask({ method: "GET", path: `/v2/${path}/blobs/${layer.digest}` });
  if (signal.aborted) answer.destroy(); // while the answer was on its way
  signal.throwIfAborted();
  const stop = () => void answer.destroy(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const every = throttled((current) => report({ id, status: "Downloading", current, total }));
    await blobs.receive(answer, {
      digest: layer.digest,
      onBytes(bytes) {
        if (bytes > total) answer.destroy(invalid("layer", `it is longer than the ${total} bytes that the image says`));
        every(bytes);
      },
    });
    report({ id, status: "Verifying Checksum" });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** What a connection that broke looks like; what is wrong by content stays so. */
const isTransient = (error: unknown): boolean =>
  ["ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE", "ETIMEDOUT", "EPIPE"].includes((error as { code?: string }).code ?? "");

const periodMs = 100;

/** Calls at most ten times a second: progress is for people. */
export function throttled(report: (bytes: number) => void): (bytes: number) => void {
  let next = 0;
  return (bytes) => {
    const now = performance.now();
    if (now < next) return;
    next = now + periodMs;
    report(bytes);
  };
}
