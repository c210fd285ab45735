import { connect, type Socket } from "node:net";
import type { Address } from "./address.ts";
import { ApiError, UnreachableError } from "./errors.ts";
import { ByteReader, type Head, readBody, readHead } from "./wire.ts";

/** Query parameters; undefined and false are left out, objects are sent as JSON (docker: filters). */
export type QueryValues = Readonly<Record<string, string | number | boolean | object | undefined>>;

export interface Request {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: QueryValues;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it comes, chunked. */
  readonly upload?: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

export interface Response extends Head {
  readonly body: AsyncIterable<Buffer>;
}

/** A connection that has left HTTP behind: input is written to `socket`, output is read from `output`. */
export interface Hijacked {
  readonly socket: Socket;
  readonly output: AsyncIterable<Buffer>;
  readonly headers: ReadonlyMap<string, string>;
}

/** The version of the Docker Engine API that is spoken. */
export const apiVersion = "1.51";

/**
 * HTTP/1.1 to the daemon, one connection a request. Written on node:net, because loading node:http takes as long as
 * everything else a command does: 22 ms of 50, where node:net takes 2.
 */
export class Transport {
  readonly #address: Address;

  constructor(address: Address) {
    this.#address = address;
  }

  /** Resolves when the head of the answer is here. Throws ApiError for a status from 400 on. */
  async send(request: Request): Promise<Response> {
    const { head, reader } = await this.#exchange(request, {});
    const response = { ...head, body: readBody(reader, request.method === "HEAD" ? { ...head, status: 204 } : head) };
    if (head.status >= 400) throw await refusal(response);
    return response;
  }

  /** Sends and reads the whole answer as JSON; undefined for an empty one. */
  async json<T>(request: Request): Promise<T> {
    const { body } = await this.send(request);
    const text = await readText(body);
    return (text === "" ? undefined : parseJson(text)) as T;
  }

  /** Takes the connection over, as Docker's attach and exec do. */
  async hijack(request: Request): Promise<Hijacked> {
    const { head, reader, socket } = await this.#exchange(request, { Connection: "Upgrade", Upgrade: "tcp" });
    if (head.status >= 400) throw await refusal({ ...head, body: readBody(reader, head) });
    return { socket, output: reader.rest(), headers: head.headers };
  }

  async #exchange(request: Request, headers: Readonly<Record<string, string>>) {
    const socket = await this.#connect(request.signal);
    const reader = new ByteReader(socket);
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    socket.write(this.#head(request, body, headers));
    if (body) socket.write(body);
    // A daemon that refuses early stops reading: its answer tells why, the failed upload does not.
    const sent = request.upload ? upload(socket, request.upload) : undefined;
    sent?.catch(() => undefined);
    return { head: await readHead(reader), reader, socket };
  }

  #head(
    { method, path, query, upload }: Request,
    body: Buffer | undefined,
    headers: Readonly<Record<string, string>>,
  ): string {
    const lines = Object.entries({
      Host: "fairlead",
      "User-Agent": "Fairlead-Client",
      Connection: "close",
      ...(body || upload ? { "Content-Type": body ? "application/json" : "application/x-tar" } : {}),
      ...(upload ? { "Transfer-Encoding": "chunked" } : { "Content-Length": String(body?.length ?? 0) }),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} /v${apiVersion}${path}${formatQuery(query)} HTTP/1.1\r\n${lines.join("")}\r\n`;
  }

  #connect(signal: AbortSignal | undefined): Promise<Socket> {
    const address = this.#address;
    const target = address.kind === "unix" ? { path: address.path } : { host: address.host, port: address.port };
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const socket = connect({ ...target, ...(signal ? { signal } : {}) });
    const refuse = (error: Error) => reject(signal?.aborted ? error : new UnreachableError(address.text, error));
    socket.once("error", refuse);
    socket.once("connect", () => {
      socket.off("error", refuse);
      // From here on a failure ends the reading of the socket, which reports it.
      socket.on("error", () => undefined);
      resolve(socket);
    });
    return promise;
  }
}

/** "?a=b", or nothing. */
export function formatQuery(values: QueryValues = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === false) continue;
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    query.append(name, value === true ? "1" : text);
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

async function upload(socket: Socket, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    socket.write(`${chunk.length.toString(16)}\r\n`);
    socket.write(chunk);
    if (socket.write("\r\n")) continue;
    await new Promise<void>((resolve) => {
      socket.once("drain", resolve);
      socket.once("close", resolve);
    });
    if (socket.destroyed) return;
  }
  socket.write("0\r\n\r\n");
}

async function refusal({ status, reason, body }: Response): Promise<ApiError> {
  const text = await readText(body);
  let message = "";
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? "";
  } catch {
    message = text.trim(); // not of our daemon: its text is the best there is
  }
  return new ApiError(status, message || `the daemon answered ${status} ${reason}`);
}

export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

/** JSON with whole numbers beyond 2^53 kept, as bigint: a time in nanoseconds has 19 digits. */
export function parseJson(text: string): unknown {
  // The third argument is in V8 since Node 22, but not in TypeScript's library yet.
  const revive = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? BigInt(context?.source ?? 0)
      : value;
  return JSON.parse(text, revive as Parameters<typeof JSON.parse>[1]);
}
