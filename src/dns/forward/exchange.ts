import { createSocket } from "node:dgram";
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { UpstreamTarget } from "../../contracts/packets.ts";
import { readFrames, writeFrame } from "../server/frames.ts";

/** Opens a non-blocking socket connected to a server. The caller closes it. */
export type OpenUpstream = (target: UpstreamTarget) => number;

/** One question to one server. */
export interface Exchange<T> {
  readonly open: OpenUpstream;
  readonly target: UpstreamTarget;
  readonly bytes: Buffer;
  /** Undefined for a packet that is no answer to it. */
  readonly accept: (packet: Buffer) => T | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The server said nothing in time. */
export class UpstreamSilent extends Error {
  override readonly name = "UpstreamSilent";
}

/**
 * Asks over UDP on a socket of its own, so that each query has a port chosen at random (RFC 5452 section 9.2). The
 * socket is connected: packets of others do not arrive, and a server that is gone shows as ECONNREFUSED at once.
 */
export function exchangeUdp<T>(exchange: Exchange<T>): Promise<T> {
  const { target, bytes, accept } = exchange;
  const fd = exchange.open(target);
  const socket = createSocket(target.address.includes(":") ? "udp6" : "udp4");
  socket.bind({ fd }); // from here on the socket owns the descriptor
  return settle(
    exchange,
    () => socket.close(),
    (resolve, reject) => {
      socket.on("error", reject);
      socket.on("message", (packet) => {
        const result = accept(packet);
        if (result !== undefined) resolve(result);
      });
      writeSync(fd, bytes);
    },
  );
}

/** Asks over TCP (RFC 7766): one connection, one query. */
export function exchangeTcp<T>(exchange: Exchange<T>): Promise<T> {
  const { target, bytes, accept } = exchange;
  const socket = new Socket({ fd: exchange.open(target), readable: true, writable: true });
  return settle(
    exchange,
    () => socket.destroy(),
    (resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => reject(new Error(`${target.address} closed the connection`)));
      readFrames(socket, (packet) => {
        const result = accept(packet);
        if (result !== undefined) resolve(result);
      });
      writeFrame(socket, bytes, bytes.length);
    },
  );
}

/** Runs `start` until it settles, the time is over or the signal comes; then `release`. */
function settle<T>(
  { target, timeoutMs, signal }: Exchange<T>,
  release: () => void,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(
    () => reject(new UpstreamSilent(`${target.address} said nothing in ${timeoutMs} ms`)),
    timeoutMs,
  );
  const onAbort = () => reject(new Error("the resolver was closed"));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    start(resolve, reject);
  } catch (error) {
    reject(error);
  }
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    release();
  });
}
