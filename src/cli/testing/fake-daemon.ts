import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixtures } from "./fixtures.ts";

/** One request as the fake daemon saw it, its version prefix taken off. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/**
 * A double of the daemon on a unix socket: it answers with fixed objects in Docker's words and keeps every request. Both
 * our CLI and docker's are run against it, and must ask for the same.
 */
export class FakeDaemon implements AsyncDisposable {
  readonly requests: Recorded[] = [];
  readonly host: string;
  readonly #server: Server;
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.host = `unix://${directory}/daemon.sock`;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    // No 'upgrade' listener: such requests come to the handler like any other, as in the real daemon.
  }

  static async start(): Promise<FakeDaemon> {
    const daemon = new FakeDaemon(mkdtempSync(join(tmpdir(), "fairlead-cli-")));
    const { promise, resolve } = Promise.withResolvers<void>();
    daemon.#server.listen(daemon.host.slice("unix://".length), resolve);
    await promise;
    return daemon;
  }

  /** Requests since the last call, without those a docker client makes to find out what it talks to. */
  take(): Recorded[] {
    return this.requests.splice(0).filter(({ path }) => path !== "/_ping");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://daemon");
    const path = decodeURIComponent(url.pathname.replace(/^\/v1\.\d+/, ""));
    const text = await readAll(request);
    const recorded = {
      method: request.method ?? "",
      path,
      query: Object.fromEntries(url.searchParams),
      body: text === "" ? undefined : parsed(text),
    };
    this.requests.push(recorded);
    response.setHeader("Api-Version", "1.51");
    response.setHeader("OSType", "linux");
    const fixture = fixtures.find(({ matches }) => matches.test(`${recorded.method} ${path}`));
    if (fixture) fixture.answer(response, recorded, request);
    else sendJson(response, 404, { message: `no fixture for ${recorded.method} ${path}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

async function readAll(stream: AsyncIterable<unknown>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // an archive
  }
}
