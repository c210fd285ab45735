import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";

/** The Docker Engine API at a unix socket, asked the same way whoever serves it. Connections are kept, as SDKs do. */
export class EngineApi implements Disposable {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 200 });

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** A request that must succeed; its JSON. */
  async ask<T = { Id: string }>(method: string, path: string, body?: object | Buffer): Promise<T> {
    const said = await text(await this.stream(method, path, body));
    return (said.startsWith("{") || said.startsWith("[") ? JSON.parse(said.trim()) : undefined) as T;
  }

  /** A request that must succeed; its answer as it comes. */
  async stream(method: string, path: string, body?: object | Buffer): Promise<IncomingMessage> {
    const isArchive = Buffer.isBuffer(body);
    const bytes = isArchive ? body : Buffer.from(body === undefined ? "" : JSON.stringify(body));
    const headers = {
      ...(body === undefined ? {} : { "content-type": isArchive ? "application/x-tar" : "application/json" }),
      "content-length": bytes.length,
    };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sent = request({ socketPath: this.#socketPath, agent: this.#agent, method, path, headers }, resolve);
    sent.on("error", reject);
    sent.end(bytes);
    const answer = await promise;
    if ((answer.statusCode ?? 0) < 400) return answer;
    throw new Error(`${method} ${path}: ${answer.statusCode} ${await text(answer)}`);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
