import { createServer, type Server, type Socket } from "node:net";
import type { Resolver } from "../resolver.ts";
import { readFrames, writeFrame } from "./frames.ts";

export interface TcpLimits {
  /** Connections of one sandbox; the one that has been idle longest makes room for a new one. */
  readonly connections: number;
  /** A connection that asks nothing whole for so long is closed (RFC 7766 section 6.2.3). */
  readonly idleMs: number;
  /** Queries of one connection that wait for upstreams; reading stops while there are more. */
  readonly waiting: number;
  /** Octets of answers that a client has not taken; reading stops while there are more. */
  readonly unsent: number;
}

export const tcpLimits: TcpLimits = { connections: 64, idleMs: 10_000, waiting: 32, unsent: 256 * 1024 };

interface Connection {
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout;
  waiting: number;
  /** The client has sent all it will; it still reads. */
  hasEnded: boolean;
}

/** Serves a resolver on a listening TCP socket, which it owns. Queries may be pipelined; answers come as they are ready. */
export class TcpServer implements Disposable {
  readonly #server: Server;
  readonly #resolver: Resolver;
  readonly #limits: TcpLimits;
  /** Least recently used first. */
  readonly #connections = new Set<Connection>();

  constructor(fd: number, resolver: Resolver, limits: TcpLimits, onError: (error: Error) => void) {
    this.#resolver = resolver;
    this.#limits = limits;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#onConnection(socket));
    this.#server.on("error", onError);
    this.#server.listen({ fd });
  }

  #onConnection(socket: Socket): void {
    if (this.#connections.size >= this.#limits.connections) this.#makeRoom();
    const timer = setTimeout(() => socket.destroy(), this.#limits.idleMs);
    const connection: Connection = { socket, timer, waiting: 0, hasEnded: false };
    this.#connections.add(connection);
    socket.on("error", () => socket.destroy()); // a client that goes away in the middle
    socket.on("close", () => {
      clearTimeout(timer);
      this.#connections.delete(connection);
    });
    socket.on("drain", () => this.#balance(connection));
    socket.on("end", () => {
      connection.hasEnded = true;
      this.#balance(connection);
    });
    readFrames(socket, (bytes) => this.#onQuery(connection, bytes));
  }

  #makeRoom(): void {
    const [first] = [...this.#connections].filter(({ waiting }) => waiting === 0);
    const victim = first ?? [...this.#connections][0];
    if (!victim) return;
    this.#connections.delete(victim);
    victim.socket.destroy();
  }

  #onQuery(connection: Connection, bytes: Buffer): void {
    if (connection.socket.destroyed) return;
    this.#used(connection);
    const length = this.#resolver.handle(bytes, 0, bytes.length, true, () => {
      connection.waiting += 1;
      return (answer, size) => {
        connection.waiting -= 1;
        this.#write(connection, answer, size);
      };
    });
    if (length > 0) this.#write(connection, this.#resolver.answerBytes, length);
    else this.#balance(connection);
  }

  #used(connection: Connection): void {
    connection.timer.refresh();
    this.#connections.delete(connection);
    this.#connections.add(connection);
  }

  #write(connection: Connection, bytes: Buffer, length: number): void {
    if (connection.socket.destroyed) return;
    writeFrame(connection.socket, bytes, length);
    this.#balance(connection);
  }

  /** Lets the kernel hold up a client that asks faster than it is answered or than it reads. */
  #balance({ socket, waiting, hasEnded }: Connection): void {
    if (hasEnded && waiting === 0) socket.end();
    if (waiting >= this.#limits.waiting || socket.writableLength >= this.#limits.unsent) socket.pause();
    else if (socket.isPaused()) socket.resume();
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const { socket } of this.#connections) socket.destroy();
  }
}
