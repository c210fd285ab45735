import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { readFrames, writeFrame } from "../server/frames.ts";
import { type DecodedMessage, decodeMessage, type Message } from "../wire/message.ts";
import { replyTo } from "./messages.ts";

/** What a test's DNS server does with a query: a reply, bytes as they are, or nothing. */
export type Handler = (query: DecodedMessage, protocol: "udp" | "tcp") => Partial<Message> | Buffer | undefined;

/** Where a test's DNS server is: an address of the own namespace, or sockets opened in another one. */
export type Where =
  | { readonly address: string }
  | { readonly udpFd: number; readonly tcpFd: number; readonly port: number };

/** A small DNS server for tests. `asked` are the names it was asked for; a handler may answer later through reply(). */
export class TestUpstream implements AsyncDisposable {
  readonly asked: string[] = [];
  /** Source ports and ids of the UDP queries. */
  readonly seen: { port: number; id: number }[] = [];
  readonly #udp = createSocket("udp4");
  readonly #tcp = createServer((socket) => this.#onConnection(socket));
  readonly #sockets = new Set<Socket>();
  readonly #handler: Handler;
  readonly #held: (() => void)[] = [];
  #arrival = Promise.withResolvers<void>();
  port = 0;

  constructor(handler: Handler) {
    this.#handler = handler;
  }

  static async start(where: Where, handler: Handler): Promise<TestUpstream> {
    const server = new TestUpstream(handler);
    await server.#listen(where);
    return server;
  }

  async #listen(where: Where): Promise<void> {
    this.#udp.on("message", (bytes, from) => {
      const query = decodeMessage(bytes);
      this.seen.push({ port: from.port, id: query.id });
      this.#serve(query, "udp", (reply) => this.#udp.send(reply, from.port, from.address, () => {}));
    });
    const listening = once(this.#udp, "listening");
    if ("address" in where) this.#udp.bind(0, where.address);
    else this.#udp.bind({ fd: where.udpFd });
    await listening;
    this.port = "address" in where ? this.#udp.address().port : where.port;
    if ("address" in where) this.#tcp.listen(this.port, where.address);
    else this.#tcp.listen({ fd: where.tcpFd });
    await once(this.#tcp, "listening");
  }

  /** Resolves when `count` queries have come, from the beginning. */
  async arrived(count: number): Promise<void> {
    while (this.asked.length < count) await this.#arrival.promise;
  }

  /** Sends replies that are held, oldest first. */
  release(count = this.#held.length): void {
    for (const send of this.#held.splice(0, count)) send();
  }

  /** While true, replies wait for release(). */
  holds = false;

  #onConnection(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    readFrames(socket, (bytes) =>
      this.#serve(decodeMessage(bytes), "tcp", (reply) => writeFrame(socket, reply, reply.length)),
    );
  }

  #serve(query: DecodedMessage, protocol: "udp" | "tcp", send: (reply: Buffer) => void): void {
    this.asked.push(`${protocol} ${query.questions[0]?.name}`);
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
    const reply = this.#handler(query, protocol);
    if (reply === undefined) return;
    const bytes = Buffer.isBuffer(reply) ? reply : replyTo(query, reply);
    if (this.holds) this.#held.push(() => send(bytes));
    else send(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = [once(this.#udp, "close"), once(this.#tcp, "close")];
    this.#udp.close();
    this.#tcp.close();
    await Promise.all(closed);
  }
}
