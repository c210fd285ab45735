import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { file, tarOf } from "../../../../lab/images/tar.ts";
import type { TransferProgress } from "../../../contracts/images.ts";
import { parseImageReference, withTag } from "../../../model/image-reference.ts";
import { RuntimeLab } from "../../testing/lab.ts";
import { requirePidNamespace } from "../../testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const layers = ["first", "second"].map((name) => tarOf([file(name, Buffer.alloc(50_000, name))]));
const config = Buffer.from(
  JSON.stringify({ os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: layers.map(digestOf) } }),
);
const oci = "application/vnd.oci.image";
const described = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
const manifest = Buffer.from(
  JSON.stringify({
    ...{ schemaVersion: 2, mediaType: `${oci}.manifest.v1+json` },
    config: described(`${oci}.config.v1+json`, config),
    layers: layers.map((bytes) => described(`${oci}.layer.v1.tar`, bytes)),
  }),
);

type LayerAnswers = (index: number, answer: ServerResponse) => void;

/** A registry with one image, whose layers are answered as the test wants it. */
async function registry(answerLayer: LayerAnswers) {
  const listener: RequestListener = ({ url = "" }, answer) => {
    const index = layers.findIndex((bytes) => url.endsWith(digestOf(bytes)));
    if (index >= 0) return answerLayer(index, answer);
    if (url.endsWith(digestOf(config))) return answer.end(config);
    answer.setHeader("Content-Type", `${oci}.manifest.v1+json`).end(url === "/v2/" ? "{}" : manifest);
  };
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const reference = withTag(parseImageReference(`127.0.0.1:${(server.address() as AddressInfo).port}/box`));
  return {
    reference,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const quiet = { credentials: {}, platform: "", onProgress: () => undefined };

test("IMG-13 a download that several wait for goes on when the client that began it leaves", async () => {
  await using lab = new RuntimeLab();
  const { images } = lab.runtime;
  const asked: { index: number; answer: ServerResponse }[] = [];
  const both = Promise.withResolvers<void>();
  await using place = await registry((index, answer) => {
    answer.write(layers[index]?.subarray(0, 20_000));
    if (asked.push({ index, answer }) === layers.length) both.resolve();
  });
  const leaving = new AbortController();
  const first = images.pull(place.reference, { ...quiet, signal: leaving.signal });
  await both.promise;
  const joined = Promise.withResolvers<void>();
  const seen: string[] = [];
  const onProgress = ({ status }: TransferProgress) => {
    // What the download itself says comes once it has been joined.
    if (seen.push(status) && status === "Pulling fs layer") setImmediate(joined.resolve);
  };
  const second = images.pull(place.reference, { ...quiet, onProgress, signal: new AbortController().signal });
  second.catch(() => undefined); // awaited below
  await joined.promise;
  leaving.abort(new Error("the client has gone"));
  await assert.rejects(first, /the client has gone/);
  for (const { index, answer } of asked) answer.end(layers[index]?.subarray(20_000));
  const { id } = await second;
  assert.equal(images.find(id).layers.length, 2);
  assert.equal(asked.length, 2);
});

test("IMG-13 a download that nobody waits for any more ends, also before the registry has answered", async () => {
  await using lab = new RuntimeLab();
  const held = Promise.withResolvers<ServerResponse>();
  const ended = Promise.withResolvers<void>();
  await using place = await registry((index, answer) => {
    if (index === 1) {
      answer.once("close", ended.resolve);
      return held.resolve(answer);
    }
    void held.promise.then(() => answer.writeHead(404).end("{}"));
  });
  const pull = lab.runtime.images.pull(place.reference, { ...quiet, signal: new AbortController().signal });
  await assert.rejects(pull);
  const answer = await held.promise;
  if (!answer.destroyed) answer.write(layers[1]?.subarray(0, 20_000)); // one that goes on waits for the rest
  await ended.promise;
});
