import type { Socket } from "node:net";
import type { Call } from "./route.ts";
import { headersOf } from "./stream.ts";

/**
 * Takes the connection of a request away from HTTP, as Docker's attach and exec do: what the client sends from now on
 * is input, what is written is output. Answers 101 to a client that asked for an upgrade, else 200. The server has no
 * 'upgrade' listener, so Node reads such requests like any other, body included. Its HTTP parser is detached by
 * removing its listeners: net.Socket then hands over the bytes as they are.
 */
export function hijack(call: Call<unknown>, contentType: string): Socket {
  const socket = takeConnection(call);
  // Also when the server closes: nothing else would end the conversation.
  call.signal.addEventListener("abort", () => socket.destroySoon(), { once: true });
  socket.write(head(call, contentType));
  return socket;
}

/** The connection alone: the caller answers the request itself, and ends the conversation when the server closes. */
export function takeConnection(call: Call<unknown>): Socket {
  const { raw } = call.reply.hijack();
  const socket = call.request.raw.socket;
  socket.removeAllListeners("data");
  // HTTP would end the connection at the client's half-close; here it only means the end of the input.
  socket.removeAllListeners("end");
  socket.setTimeout(0);
  raw.detachSocket(socket);
  socket.once("close", () => raw.emit("close"));
  // A client may reset the connection at any time; 'close' follows and is what counts.
  socket.on("error", () => undefined);
  return socket;
}

/** How long a client may take to close after the end. Docker's do at once; one that does not would stay for ever. */
const partingMs = 10_000;

/**
 * Ends our half, and drops what the client still sends until it closes: a unix socket that is closed with unread input
 * is reset, and the client would lose the output that it has not read yet.
 */
export function part(socket: Socket): void {
  socket.resume();
  socket.end(() => {
    const late = setTimeout(() => socket.destroy(), partingMs);
    socket.once("close", () => clearTimeout(late));
  });
}

function head(call: Call<unknown>, contentType: string): string {
  const upgrade = call.request.headers.upgrade !== undefined;
  const lines = upgrade
    ? ["HTTP/1.1 101 UPGRADED", "Connection: Upgrade", "Upgrade: tcp"]
    : ["HTTP/1.1 200 OK", "Connection: close"];
  const rest = Object.entries({ ...headersOf(call), "Content-Type": contentType });
  return `${[...lines, ...rest.map(([name, value]) => `${name}: ${value}`)].join("\r\n")}\r\n\r\n`;
}
