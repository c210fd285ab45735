import http from "node:http";
import https from "node:https";
import { performance } from "node:perf_hooks";
import { type Failure, failureOfConnection } from "./failure.ts";

/** One agent of Consul and how to reach it. */
export interface Endpoint {
  /** "10.0.0.1:8500". */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly agent: http.Agent | https.Agent;
}

export interface Message {
  readonly method: "GET" | "PUT";
  /** With the query, below /v1. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  /** X-Consul-Index: of what was read. Undefined where there is none. */
  readonly index: number | undefined;
  readonly body: string;
  /** When its head was here: performance.now(). */
  readonly headAt: number;
}

/** How long an exchange may take, from its beginning. */
export interface Patience {
  /** Until connected. */
  readonly connectMs: number;
  /** Until the whole answer is here; with `pieceMs` until its head is. */
  readonly answerMs: number;
  /** Until the next piece of the answer's body. */
  readonly pieceMs?: number;
}

/** Thrown for an attempt that brought no answer. */
export class ExchangeError extends Error {
  override readonly name = "ExchangeError";
  readonly failure: Failure;
  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.why, options);
    this.failure = failure;
  }
}

/** Sends one request to one agent. Throws ExchangeError, or the signal's reason. */
export async function exchange(
  endpoint: Endpoint,
  message: Message,
  patience: Patience,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  const began = performance.now();
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const until = (ms: number, what: string): void => {
    clearTimeout(timer);
    const give = () => late.abort(new Error(`${what} within ${(ms / 1000).toFixed(1)} s`));
    timer = setTimeout(give, began + ms - performance.now());
  };
  let sent = false;
  try {
    until(patience.connectMs, "no connection");
    const request = open(endpoint, message, AbortSignal.any([signal, late.signal]));
    whenConnected(request, () => {
      sent = true;
      until(patience.answerMs, "no answer");
    });
    const response = await answerTo(request, message.body);
    const onPiece = (): void => {
      if (patience.pieceMs) until(performance.now() - began + patience.pieceMs, "no end of the answer");
    };
    const headAt = performance.now();
    onPiece();
    const body = await read(response, onPiece);
    return { status: response.statusCode ?? 0, index: indexOf(response), body, headAt };
  } catch (error) {
    signal.throwIfAborted();
    const cause: unknown = late.signal.aborted ? late.signal.reason : error;
    throw new ExchangeError(failureOfConnection(cause, sent), { cause });
  } finally {
    clearTimeout(timer);
  }
}

function open(endpoint: Endpoint, { method, path, headers, body }: Message, signal: AbortSignal): http.ClientRequest {
  const { host, port, agent } = endpoint;
  const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  const options = { host, port, agent, method, path: `/v1${path}`, headers: { ...headers, ...length }, signal };
  return agent instanceof https.Agent ? https.request(options) : http.request(options);
}

/**
 * Before this, nothing of the request has left: the socket of a new connection holds it back. A socket that is no longer
 * connecting served another request before.
 */
function whenConnected(request: http.ClientRequest, connected: () => void): void {
  request.once("socket", (socket) => {
    if (socket.connecting) socket.once("encrypted" in socket ? "secureConnect" : "connect", connected);
    else connected();
  });
}

function answerTo(request: http.ClientRequest, body: string | undefined): Promise<http.IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  request.on("error", reject); // stays: what comes after the answer is told by its stream as well
  request.once("response", resolve);
  request.end(body);
  return promise;
}

async function read(response: http.IncomingMessage, onPiece: () => void): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of response) {
    onPiece();
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString();
}

function indexOf({ headers }: http.IncomingMessage): number | undefined {
  const text = headers["x-consul-index"];
  return typeof text === "string" && /^\d+$/.test(text) ? Number(text) : undefined;
}
