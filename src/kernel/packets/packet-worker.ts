import { readSync } from "node:fs";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { LinkPacket } from "../../contracts/packets.ts";
import { close, pollReadable } from "../ffi/libc.ts";
import { receivePacket } from "../ffi/packet-socket.ts";
import { mac } from "../netlink/codec.ts";

/*
 * The packet thread: sleeps in poll(2) on packet sockets that the main thread opened, and passes on what arrives. Node's
 * event loop cannot poll them. An eventfd wakes it for orders.
 */
export type PacketOrder =
  | { readonly open: number; readonly fd: number }
  | { readonly close: number }
  | { readonly flush: number }
  | "end";
export type PacketNews = ({ readonly id: number } & LinkPacket) | { readonly flushed: number };

const port = parentPort;
if (!port) throw new Error("Cannot start the packet thread: it runs as a worker only");
const { wake } = workerData as { wake: number };
const sockets = new Map<number, number>();
const buffer = new Uint8Array(64 * 1024);
/** A link that is flooded must not keep orders waiting. */
const MOST_AT_ONCE = 64;

function read(id: number, fd: number): void {
  for (let count = 0; count < MOST_AT_ONCE; count++) {
    const packet = receivePacket(fd, buffer);
    if (!packet) return;
    const bytes = buffer.slice(0, packet.length);
    port?.postMessage({ id, bytes, from: mac.decode(packet.sender) } satisfies PacketNews);
  }
}

/** False at the end. */
function obey(order: PacketOrder): boolean {
  if (order === "end") return false;
  if ("open" in order) sockets.set(order.open, order.fd);
  else if ("flush" in order) port?.postMessage({ flushed: order.flush } satisfies PacketNews);
  else {
    const fd = sockets.get(order.close);
    sockets.delete(order.close);
    if (fd !== undefined) close(fd);
  }
  return true;
}

function obeyAll(): boolean {
  readSync(wake, new BigUint64Array(1));
  for (;;) {
    const next = receiveMessageOnPort(port as NonNullable<typeof port>) as { message: PacketOrder } | undefined;
    if (!next) return true;
    if (!obey(next.message)) return false;
  }
}

for (let going = true; going; ) {
  const ready = pollReadable([wake, ...sockets.values()], -1);
  for (const [id, fd] of sockets) if (ready.includes(fd)) read(id, fd);
  if (ready.includes(wake)) going = obeyAll();
}
for (const fd of sockets.values()) close(fd);
port.close();
