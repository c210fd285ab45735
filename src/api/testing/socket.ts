import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestApi } from "./api.ts";

/** The test server on a real unix socket. */
export interface TestSocket extends AsyncDisposable {
  readonly path: string;
  /** A connection that may close its own half. */
  dial(): Dialled;
  /** Closes the API first, then the connections that are left. */
  close(): Promise<void>;
}

/** A connection with what it has received. */
export interface Dialled {
  readonly socket: Socket;
  /** Resolves to all that came once `text` is in it; rejects when the connection ends before. */
  until(text: string): Promise<string>;
  /** All that came, when the connection has ended. */
  readonly ended: Promise<Buffer>;
}

export async function listen(api: TestApi): Promise<TestSocket> {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-api-"));
  const path = join(directory, "api.sock");
  await api.app.ready();
  const server = createServer((request, response) => api.app.routing(request, response));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const close = async () => {
    await api.app.close();
    server.closeAllConnections();
    // Resolves when every connection is gone: one that was taken over and forgotten would hang here.
    await new Promise((resolve) => server.close(resolve));
    rmSync(directory, { recursive: true, force: true });
  };
  return { path, dial: () => dialled(connect({ path, allowHalfOpen: true })), close, [Symbol.asyncDispose]: close };
}

function dialled(socket: Socket): Dialled {
  const chunks: Buffer[] = [];
  const all = () => Buffer.concat(chunks);
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<Buffer>((resolve) => socket.once("close", () => resolve(all())));
  socket.on("end", () => socket.end());
  socket.on("error", () => undefined); // a reset shows as what has come until then
  return {
    socket,
    ended,
    async until(text) {
      while (!all().includes(text)) {
        const before = chunks.length;
        await Promise.race([new Promise((resolve) => socket.once("data", resolve)), ended]);
        if (chunks.length === before && socket.closed) throw new Error(`ended without "${text}": ${all()}`);
      }
      return all().toString("latin1");
    },
  };
}

/** The lines of a POST with a JSON body. */
export function post(path: string, body: unknown, headers: readonly string[] = []): string {
  const json = JSON.stringify(body);
  const lines = [
    `POST ${path} HTTP/1.1`,
    "Host: fairlead",
    "Content-Type: application/json",
    `Content-Length: ${json.length}`,
    ...headers,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${json}`;
}

export const upgrade = ["Connection: Upgrade", "Upgrade: tcp"];
