import type { FastifyInstance } from "fastify";
import { EngineError } from "../../base/errors.ts";
import { silentLog } from "../../base/log.ts";
import type { Image, Images } from "../../contracts/runtime.ts";
import type { ApiParts } from "../parts.ts";
import { createServer } from "../server.ts";
import { FakeEngine } from "./fake-engine.ts";

/** A server on a fake engine, with a short way to ask it. */
export interface TestApi extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly parts: ApiParts;
  readonly engine: FakeEngine;
  readonly images: Images & { readonly imported: { reference: string; bytes: string }[] };
  /** Sends JSON, or a string as it is; the answer's body is parsed when it is JSON. */
  ask(method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE", url: string, body?: unknown, type?: string): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export function testApi(parts: Partial<ApiParts> = {}): TestApi {
  const engine = new FakeEngine();
  const images = fakeImages();
  const all = { engine, images, daemon, telemetry, log: silentLog, ...parts };
  const app = createServer(all);
  return {
    app,
    parts: all,
    engine,
    images,
    async ask(method, url, body, type = "application/json") {
      const payload = typeof body === "string" ? body : JSON.stringify(body);
      const headers = body === undefined ? {} : { "content-type": type };
      const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
      const json = String(answer.headers["content-type"] ?? "").startsWith("application/json");
      const one = json && !answer.body.trimEnd().includes("\n") && answer.body !== "";
      return {
        status: answer.statusCode,
        body: one ? JSON.parse(answer.body) : answer.body,
        text: answer.body,
        headers: answer.headers,
      };
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

const daemon: ApiParts["daemon"] = {
  id: "0".repeat(64),
  version: "0.1.0",
  hostname: "lab",
  dataRoot: "/var/lib/fairlead",
  execRoot: "/run/fairlead",
  debug: false,
  startedAt: "2026-01-02T03:04:05Z",
  labels: [],
  logDriver: "json-file",
  drivers: () => ["bridge", "host", "null"],
  addressPools: [{ base: "10.0.0.0/8", size: 24 }],
  warnings: () => ["WARNING: something"],
  async reset() {},
};

const telemetry: ApiParts["telemetry"] = {
  counters: (_sandbox, ifName) =>
    ifName === "eth0"
      ? { rxBytes: 11, rxPackets: 1, rxErrors: 0, rxDropped: 0, txBytes: 22, txPackets: 2, txErrors: 0, txDropped: 0 }
      : undefined,
  dns: async () => [{ source: "container", rcode: "NOERROR", count: 7 }],
  reconcile: () => ({ runs: 2, differences: { missing: 1 } }),
  forwarding: () => ({ put: 12, dropped: 5, remotes: [{ network: "wide", addresses: 7 }] }),
};

function fakeImages(): TestApi["images"] {
  const stored: Image[] = [];
  const imported: { reference: string; bytes: string }[] = [];
  const find = (reference: string) => {
    const found = stored.find((image) => image.id === reference || image.references.includes(reference));
    if (!found) throw new EngineError("IMAGE_NOT_FOUND", { image: reference });
    return found;
  };
  return {
    imported,
    async import(archive, reference) {
      let bytes = "";
      for await (const chunk of archive) bytes += String(chunk);
      imported.push({ reference, bytes });
      const image = {
        id: `sha256:${"a".repeat(64)}`,
        references: [reference],
        created: "2026-01-02T03:04:05Z",
        size: bytes.length,
      };
      stored.push(image);
      return image;
    },
    list: () => stored,
    find,
    async remove(reference) {
      const image = find(reference);
      stored.splice(stored.indexOf(image), 1);
      return { untagged: [...image.references], deleted: [image.id] };
    },
  };
}
