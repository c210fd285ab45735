import { Readable } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { takeConnection } from "./hijack.ts";
import { Refusal } from "./refusal.ts";
import type { Call } from "./route.ts";

/** Close codes of an end in order, RFC 6455, 7.4.1; those above tell of a fault. */
const normal = 1000;
const goingAway = 1001;

/**
 * A client's WebSocket (RFC 6455). Its close frame is the end of its input only: it may read on until we close, too, which is
 * how Docker reads it. The library would answer that frame at once, by close().
 */
export class ClientWebSocket extends WebSocket {
  #isClosing = false;
  #inputEnded = (): void => undefined;

  /** What the client sends, read no faster than it is taken. */
  input(): Readable {
    const input = new Readable({ read: () => this.resume() });
    this.on("message", (data) => {
      if (!input.push(data as Buffer)) this.pause(); // a Buffer: binaryType is left as it is
    });
    this.#inputEnded = () => input.readableEnded || input.push(null);
    this.once("close", () => this.#inputEnded());
    return input;
  }

  /**
   * The end of a client's connection is not seen while its input waits for the container: a ping fails when nobody is left
   * to answer it.
   */
  probe(everyMs: number): Disposable {
    const timer = setInterval(() => this.ping(), everyMs);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /** Called by the library with the client's own code, none if it gave none, or for what breaks the protocol. */
  override close(code = normal, reason?: string | Buffer): void {
    if (this.#isClosing || code > goingAway) super.close(code, reason);
    else this.#inputEnded();
  }

  /** Tells the client why, and waits for its close frame, 30 s at most. */
  finish(code: number): void {
    this.#isClosing = true;
    this.close(code);
  }
}

const server = new WebSocketServer({
  noServer: true,
  WebSocket: ClientWebSocket,
  // Keys of a terminal are small, and what is sent is to be there at once.
  perMessageDeflate: false,
  // A message is held in memory whole.
  maxPayload: 16 * 1024 * 1024,
});

/**
 * Takes the connection of a request over as a WebSocket. Undefined when the handshake is wrong, which the library has
 * answered then.
 */
export function upgradeToWebSocket(call: Call<unknown>): ClientWebSocket | undefined {
  const { raw } = call.request;
  if (raw.headers.upgrade?.toLowerCase() !== "websocket")
    throw new Refusal(400, "not websocket protocol: upgrade to websocket, or POST to /containers/ID/attach");
  refuseForeignPages(call);
  const socket = takeConnection(call);
  let client: ClientWebSocket | undefined;
  server.handleUpgrade(raw, socket, Buffer.alloc(0), (upgraded) => {
    client = upgraded;
  });
  const end = () => {
    client?.finish(goingAway);
    socket.destroySoon();
  };
  call.signal.addEventListener("abort", end, { once: true });
  // A client that breaks the protocol: the library closes, which is what counts.
  client?.on("error", () => undefined);
  return client;
}

/**
 * No page that a browser shows may talk to a daemon that listens on TCP: the rules that keep it from all other requests do
 * not hold for WebSockets (RFC 6455, 10.2).
 */
function refuseForeignPages({ request }: Call<unknown>): void {
  const { origin, host } = request.headers;
  const isLocal = request.raw.socket.remoteAddress === undefined; // a unix socket
  if (isLocal || origin === undefined || isOwnPage(origin, host)) return;
  throw new Refusal(403, `a page of ${origin} must not attach to containers of ${host}`);
}

/** Whether a page comes from the host that it talks to. Browsers leave out the port that its scheme implies; others do not. */
export function isOwnPage(origin: string, host = ""): boolean {
  const page = URL.parse(origin);
  return page !== null && URL.parse(`${page.protocol}//${host}`)?.host === page.host;
}
