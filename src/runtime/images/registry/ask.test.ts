import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { mediaTypes } from "../documents.ts";
import { lookUp, tagsOf } from "./look.ts";

const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const config = JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } });
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.manifest,
  config: { mediaType: mediaTypes.config, size: config.length, digest: digestOf(config) },
  layers: [],
});
const pages: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  "/v2/library/box/tags/list": { type: "application/json", text: JSON.stringify({ tags: ["1", "2"] }) },
  "/v2/library/box/manifests/1": { type: mediaTypes.manifest, text: manifest },
  [`/v2/library/box/blobs/${digestOf(config)}`]: { type: "application/octet-stream", text: config },
};

/** A registry of these pages on a port of its own. */
async function registryOf(known: typeof pages) {
  const asked: string[] = [];
  const server = createServer(({ url = "" }, answer) => {
    asked.push(url);
    const page = known[url];
    answer.writeHead(page ? 200 : 404, { "Content-Type": page?.type ?? "text/plain" }).end(page?.text);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const close = async () => void server.close().closeAllConnections();
  return { url: `http://127.0.0.1:${port}`, asked, [Symbol.asyncDispose]: close };
}

test("IMG-15 tags and descriptions are asked of the mirrors, one after the other, before Docker Hub", async () => {
  await using empty = await registryOf({});
  await using full = await registryOf(pages);
  const settings = { insecure: [], mirrors: [empty.url, full.url] };
  const access = { credentials: {}, signal: new AbortController().signal };
  const box = { domain: "docker.io", path: "library/box" };
  assert.deepEqual(await tagsOf(settings, box, access), ["1", "2"]);
  const { digest, platforms } = await lookUp(settings, { ...box, tag: "1" }, access);
  assert.deepEqual([digest, platforms], [digestOf(manifest), [{ architecture: "amd64", os: "linux" }]]);
  const about = empty.asked.filter((url) => url !== "/v2/");
  assert.deepEqual(about, Object.keys(pages).slice(0, 2));
});
