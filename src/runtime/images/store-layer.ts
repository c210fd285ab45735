import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { createGzip } from "node:zlib";
import { compressionOf, decompressed } from "../decompress.ts";
import type { Blobs } from "./blobs.ts";
import { type Descriptor, mediaTypes } from "./documents.ts";
import type { Layers } from "./layers.ts";

/** Fast rather than small: a layer is compressed once, while somebody waits for it. */
const gzipLevel = 1;

export interface StoredLayer {
  readonly diffId: string;
  readonly blob: Descriptor;
}

/**
 * Keeps a layer's archive, as a blob and unpacked. Blobs are compressed, as registries have them; what comes compressed by
 * gzip or zstd is kept as it is.
 */
export async function storeLayer(
  { blobs, layers }: { readonly blobs: Blobs; readonly layers: Layers },
  file: string,
  expectedDiffId?: string,
): Promise<StoredLayer> {
  const both = [layers.unpack(file, expectedDiffId), storeBlob(blobs, file)] as const;
  // When one fails, the other must not go on behind the caller, who removes the file and lets what is left be collected.
  await Promise.allSettled(both);
  const [{ diffId }, blob] = await Promise.all(both);
  return { diffId, blob };
}

async function storeBlob(blobs: Blobs, file: string): Promise<Descriptor> {
  const compression = compressionOf(headOf(file));
  if (compression === "gzip" || compression === "zstd") {
    const mediaType = compression === "gzip" ? mediaTypes.layer : mediaTypes.ociZstdLayer;
    return describe(blobs, mediaType, await blobs.receive(createReadStream(file)));
  }
  const { stream } = await decompressed(createReadStream(file));
  return describe(blobs, mediaTypes.layer, await blobs.receive(stream, { steps: [createGzip({ level: gzipLevel })] }));
}

const describe = (blobs: Blobs, mediaType: string, digest: string): Descriptor => ({
  mediaType,
  digest,
  size: blobs.sizeOf(digest),
});

function headOf(file: string): Buffer {
  const fd = openSync(file, "r");
  try {
    const head = Buffer.alloc(8);
    return head.subarray(0, readSync(fd, head, 0, head.length, 0));
  } finally {
    closeSync(fd);
  }
}
