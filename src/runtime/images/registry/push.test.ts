import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { silentLog } from "../../../base/log.ts";
import { layerFiles } from "../../../kernel/mounts/layer-files.ts";
import { mediaTypes } from "../documents.ts";
import { ImageStore } from "../image-store.ts";
import { makeImage } from "../make-image.ts";
import { pushImage } from "./push.ts";

/** Descriptors of this process that are open on a file. */
const openOn = (path: string): string[] =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // the listing's own
    }
  });

test("IMG-10 a push that breaks off leaves no file open", async () => {
  await using broken = createServer((request, response) => {
    if (request.method === "GET") response.end();
    else if (request.method === "HEAD") response.writeHead(404).end();
    else if (request.method === "POST") response.writeHead(202, { Location: "/upload" }).end();
    else request.once("data", () => request.socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(broken, "listening");
  const directory = mkdtempSync(join(tmpdir(), "fairlead-push-"));
  try {
    const store = new ImageStore(directory, { tar: "tar", find: "find", sync: "sync" }, layerFiles, silentLog);
    const digest = await store.blobs.put(randomBytes(16 << 20)); // more than sockets hold
    const config = Buffer.from(JSON.stringify({ os: "linux", rootfs: { type: "layers", diff_ids: [digest] } }));
    const layer = { mediaType: mediaTypes.layer, digest, size: store.blobs.sizeOf(digest) };
    const { id } = await makeImage(store, config, [layer], { references: [] });
    const domain = `127.0.0.1:${(broken.address() as AddressInfo).port}`;
    const counts: number[] = [];
    const push = pushImage(
      { store, settings: { insecure: [], mirrors: [] } },
      id,
      { domain, path: "box", tag: "1" },
      {
        credentials: {},
        onProgress: ({ current }) => void (current === undefined || counts.push(current)),
        signal: new AbortController().signal,
      },
    );
    await assert.rejects(push, { code: "REGISTRY_AWAY" });
    assert.ok(counts.length > 0);
    // Files are closed in the background.
    for (let tries = 0; tries < 100 && openOn(store.blobs.pathOf(digest)).length > 0; tries += 1) await wait(10);
    assert.deepEqual(openOn(store.blobs.pathOf(digest)), []);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    broken.closeAllConnections();
  }
});
