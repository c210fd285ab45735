import type { FastifyInstance } from "fastify";
import { silentLog } from "../../base/log.ts";
import type { ApiParts } from "../parts.ts";
import { createServer } from "../server.ts";
import { FakeEngine } from "./fake-engine.ts";
import { FakeImages, fakeImageUseCases } from "./fake-images.ts";

/** A server on a fake engine, with a short way to ask it. */
export interface TestApi extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly parts: ApiParts;
  readonly engine: FakeEngine;
  readonly images: FakeImages;
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
  const images = new FakeImages();
  const all = { engine, images: fakeImageUseCases(images, engine.boxes), daemon, telemetry, log: silentLog, ...parts };
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
  registries: { insecure: ["10.0.0.0/8", "lab:5000"], mirrors: ["https://mirror.example/"] },
  programs: async () => [
    { name: "runc", version: "1.1.5", commit: "v1.1.5-0-gf19387a" },
    { name: "init", version: "0.19.0", commit: "de40ad0" },
  ],
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
