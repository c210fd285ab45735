import { createServer as createHttpServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { ApiParts } from "../api/parts.ts";
import { createServer } from "../api/server.ts";
import { listenersOf } from "./listeners.ts";

/** The API on all its sockets. */
export interface RunningServer {
  /** Stops accepting, ends streams, lets calls finish, and closes. */
  close(): Promise<void>;
}

/** Serves the API on every --host; when one cannot be opened, none stays open. */
export async function serve(
  parts: ApiParts,
  options: { hosts: readonly string[]; group: string },
): Promise<RunningServer> {
  const app = createServer(parts);
  await app.ready();
  const servers: Server[] = [];
  const close = async () => {
    // First: to Node a hijacked connection is an idle one, which its server's close() cuts off without a last word.
    await app.close(); // ends streams and hijacked connections; the other calls run on, new ones are answered with 503
    const closed = servers.map(closeServer);
    for (const server of servers) server.closeIdleConnections();
    await Promise.all(closed);
  };
  try {
    for (const listener of listenersOf(options.hosts, { group: options.group, log: parts.log })) {
      const server = httpServer((request, response) => app.routing(request, response));
      await listener.open(server);
      servers.push(server);
      parts.log.info({ host: listener.host }, "listening");
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

function httpServer(handle: Parameters<typeof createHttpServer>[1] & {}): Server {
  const limits = {
    // Filters travel in the query: long lists of labels are more than Node's 16 KiB.
    maxHeaderSize: 65_536,
    // An archive may take long to arrive; heads may not.
    requestTimeout: 0,
    headersTimeout: 60_000,
    keepAliveTimeout: 60_000,
  };
  return createHttpServer(limits, handle).on("clientError", refuseMalformed);
}

/** What is no HTTP gets one answer in Docker's shape; a client that reset its connection gets none. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
  const body = JSON.stringify({ message: `malformed request: ${error.message}` });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // "Not running" is the only error there is, and what is wanted.
  server.close(() => resolve());
  server.closeIdleConnections();
  return promise;
}
