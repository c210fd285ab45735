import { writeSync } from "node:fs";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Log } from "../../base/log.ts";
import type { LinkPacket, PacketKind, PacketSocket, PacketSockets } from "../../contracts/packets.ts";
import * as libc from "../ffi/libc.ts";
import { attachFilter, joinGroup } from "../ffi/packet-socket.ts";
import { sockaddrPacket } from "../ffi/sockaddr.ts";
import { mac as macCodec } from "../netlink/codec.ts";
import { getLink } from "../netlink/lists.ts";
import type { Namespaces } from "../netns/namespaces.ts";
import { allNodes, filters, protocols } from "./filters.ts";
import type { PacketNews, PacketOrder } from "./packet-worker.ts";

const program = new URL(`./packet-worker${extname(import.meta.url)}`, import.meta.url); // .js beside us when bundled

interface Running {
  readonly worker: Worker;
  readonly wake: number;
  readonly ended: Promise<void>;
}

/** Packet sockets of any namespace; the thread that reads them starts with the first one and lasts until close(). */
export class PacketThread implements PacketSockets {
  readonly #namespaces: Namespaces;
  readonly #log: Log;
  readonly #receivers = new Map<number, (packet: LinkPacket) => void>();
  readonly #flushes = new Map<number, () => void>();
  #running: Running | undefined;
  #lastId = 0;

  constructor(namespaces: Namespaces, log: Log) {
    this.#namespaces = namespaces;
    this.#log = log;
  }

  open(
    at: { readonly netns: string; readonly link: string },
    kind: PacketKind,
    receive: (packet: LinkPacket) => void,
  ): PacketSocket {
    using netlink = this.#namespaces.netlink(at.netns);
    const { ifIndex, mac } = getLink(netlink, at.link);
    const fd = this.#namespaces.runIn<number>(at.netns, () => openSocket(kind, ifIndex, at.link));
    const id = ++this.#lastId;
    this.#receivers.set(id, receive);
    this.#order({ open: id, fd });
    const destination = (to: string) =>
      sockaddrPacket({ protocol: protocols[kind], ifIndex, mac: macCodec.encode(to) });
    return {
      mac,
      send: (bytes, to) => {
        libc.send(fd, bytes, destination(to));
      },
      [Symbol.dispose]: () => {
        // The thread closes it: a number that is used again must not be in its poll.
        if (this.#receivers.delete(id)) this.#order({ close: id });
      },
    };
  }

  async flushed(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flushes.set(id, resolve);
    running.worker.ref(); // who waits for it keeps the process
    this.#order({ flush: id });
    await Promise.race([promise, running.ended]);
    this.#flushes.delete(id);
    running.worker.unref();
  }

  #hear(news: PacketNews): void {
    if ("flushed" in news) this.#flushes.get(news.flushed)?.();
    else this.#receivers.get(news.id)?.({ bytes: news.bytes, from: news.from });
  }

  /** Ends the thread and closes its sockets. */
  async close(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#order("end");
    running.worker.ref();
    await running.ended;
  }

  #order(order: PacketOrder): void {
    this.#running ??= this.#start();
    this.#running.worker.postMessage(order);
    writeSync(this.#running.wake, new BigUint64Array([1n]));
  }

  #start(): Running {
    const wake = libc.eventFd();
    // execArgv: flags of the main thread (--input-type, --test) are not for this one
    const worker = new Worker(program, { workerData: { wake }, execArgv: [] });
    worker.on("message", (news: PacketNews) => this.#hear(news));
    worker.unref(); // after on("message"), which would hold the process again
    worker.on("error", (error) => this.#log.error({ err: error }, "the packet thread ended"));
    // Node joins its workers when the process exits, and would wait for this one for ever.
    const atExit = () => this.#order("end");
    process.once("exit", atExit);
    const ended = new Promise<void>((resolve) => {
      worker.once("exit", () => {
        process.off("exit", atExit);
        this.#running = undefined;
        this.#receivers.clear();
        libc.close(wake);
        resolve();
      });
    });
    return { worker, wake, ended };
  }
}

function openSocket(kind: PacketKind, ifIndex: number, link: string): number {
  const protocol = protocols[kind];
  // Protocol 0 until it is bound: it hears nothing of other links, and nothing before its filter is there.
  const fd = libc.socket(libc.AF_PACKET, libc.SOCK_DGRAM, 0);
  try {
    attachFilter(fd, filters[kind]);
    if (kind === "advertisements") joinGroup(fd, ifIndex, allNodes);
    libc.bind(fd, sockaddrPacket({ protocol, ifIndex, mac: new Uint8Array(6) }), `packets of ${link}`);
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}
