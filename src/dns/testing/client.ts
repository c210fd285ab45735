import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { readFrames, writeFrame } from "../server/frames.ts";
import { type DecodedMessage, decodeMessage } from "../wire/message.ts";
import { type Ask, queryBytes } from "./messages.ts";

/** A client for tests that asks many questions on one UDP socket and matches answers by id. */
export class TestClient implements Disposable {
  readonly #socket: UdpSocket = createSocket("udp4");
  readonly #waiting = new Map<number, (reply: DecodedMessage) => void>();
  readonly #server: { readonly address: string; readonly port: number };
  #id = 0;

  constructor(server: { address: string; port: number }) {
    this.#server = server;
    this.#socket.on("message", (bytes) => {
      const reply = decodeMessage(bytes);
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
  }

  ask(question: Ask): Promise<DecodedMessage> {
    const id = ++this.#id;
    const { promise, resolve } = Promise.withResolvers<DecodedMessage>();
    this.#waiting.set(id, resolve);
    this.#socket.send(queryBytes({ ...question, id }), this.#server.port, this.#server.address);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** A connection for tests: whole answers in the order they come. */
export class TestConnection implements Disposable {
  readonly socket: Socket;
  readonly #replies: DecodedMessage[] = [];
  readonly #waiting: ((reply: DecodedMessage) => void)[] = [];

  constructor(server: { address: string; port: number }) {
    this.socket = connect({ host: server.address, port: server.port, allowHalfOpen: true });
    readFrames(this.socket, (bytes) => {
      const reply = decodeMessage(bytes);
      const waiting = this.#waiting.shift();
      if (waiting) waiting(reply);
      else this.#replies.push(reply);
    });
  }

  send(question: Ask): void {
    const bytes = queryBytes(question);
    writeFrame(this.socket, bytes, bytes.length);
  }

  async next(): Promise<DecodedMessage> {
    const reply = this.#replies.shift();
    if (reply) return reply;
    const { promise, resolve } = Promise.withResolvers<DecodedMessage>();
    this.#waiting.push(resolve);
    return promise;
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    if (!this.socket.readableEnded && !this.socket.closed) await once(this.socket, "end");
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** "NOERROR 1.2.3.4,1.2.3.5": response code number and addresses of an answer. */
export function summary({ flags, answers }: DecodedMessage): string {
  const addresses = answers.flatMap(({ data }) => (data.kind === "A" ? [data.address.join(".")] : []));
  return `${flags & 0xf} ${addresses.sort().join(",")}`.trim();
}
