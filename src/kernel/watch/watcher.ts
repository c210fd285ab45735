import { writeSync } from "node:fs";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Log } from "../../base/log.ts";
import type { KernelChange } from "../../contracts/kernel.ts";
import * as libc from "../ffi/libc.ts";
import { sockaddrNetlink } from "../ffi/sockaddr.ts";
import { listLinks } from "../netlink/lists.ts";
import { generationMessage, NFNLGRP_NFTABLES, NFT_GETGEN } from "../netlink/nft-generation.ts";
import { NETLINK_NETFILTER, NETLINK_ROUTE, NetlinkSocket, request } from "../netlink/socket.ts";
import type { WatchData } from "./watch-worker.ts";

/** RTMGRP_LINK, IPV4_IFADDR, IPV4_ROUTE, IPV6_IFADDR, IPV6_ROUTE; include/uapi/linux/rtnetlink.h. */
const ROUTE_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;
/** Room for a burst of some ten thousand messages: the default holds a few hundred. */
const RECEIVE_BUFFER = 8 * 1024 * 1024;

const program = new URL(`./watch-worker${extname(import.meta.url)}`, import.meta.url); // .js beside us when bundled

/** Watches the host's namespace in a thread of its own. The sockets are open when the constructor returns: nothing is missed. */
export class Watcher implements Disposable {
  readonly ended: Promise<void>;
  readonly #stop: number;
  readonly #worker: Worker;
  #stopped = false;

  constructor(options: { onChange: (change: KernelChange) => void; host: NetlinkSocket; log: Log; table: string }) {
    const route = listen(NETLINK_ROUTE, ROUTE_GROUPS);
    const netfilter = listen(NETLINK_NETFILTER, 1 << (NFNLGRP_NFTABLES - 1));
    this.#stop = libc.eventFd();
    const data: WatchData = {
      route,
      netfilter,
      stop: this.#stop,
      links: listLinks(options.host),
      thread: kernelThreadId(),
      table: options.table,
    };
    const worker = new Worker(program, {
      workerData: data,
      execArgv: [], // flags of the main thread (--input-type, --test) are not for this one
    });
    this.#worker = worker;
    worker.on("message", options.onChange);
    worker.unref(); // after on("message"), which would hold the process again
    worker.on("error", (error) => options.log.error({ err: error }, "kernel watch ended"));
    // Node joins its workers when the process exits, and would wait for this one for ever.
    const wake = () => this[Symbol.dispose]();
    process.once("exit", wake);
    this.ended = new Promise((resolve) => {
      worker.once("exit", () => {
        process.off("exit", wake);
        this.#stopped = true;
        for (const fd of [route, netfilter, this.#stop]) libc.close(fd);
        resolve();
      });
    });
  }

  [Symbol.dispose](): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#worker.ref(); // whoever awaits `ended` shall see it
    writeSync(this.#stop, new BigUint64Array([1n]));
  }
}

function listen(protocol: number, groups: number): number {
  const fd = libc.socket(libc.AF_NETLINK, libc.SOCK_RAW, protocol);
  libc.setSocketOption(fd, libc.SOL_SOCKET, libc.SO_RCVBUFFORCE, RECEIVE_BUFFER);
  libc.bind(fd, sockaddrNetlink(groups), "netlink notifications");
  return fd;
}

/**
 * This thread's id as NFT_MSG_NEWGEN will name it: in the first pid namespace, where ours is not to be had from /proc.
 * A question for the generation is answered with the asker's (nf_tables_getgen(), net/netfilter/nf_tables_api.c).
 */
function kernelThreadId(): number {
  using socket = new NetlinkSocket(NETLINK_NETFILTER);
  const ask = request("read the nft generation", NFT_GETGEN, generationMessage, { header: {}, attributes: {} });
  return socket.get(generationMessage, ask).attributes.processId ?? 0;
}
