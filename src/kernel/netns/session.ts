import { KernelError } from "../../base/kernel-error.ts";
import { hostNetns, type NetnsRef } from "../../contracts/kernel.ts";
import * as libc from "../ffi/libc.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import type { Namespaces } from "./namespaces.ts";

/** The netlink sockets of one piece of work: that of the host is lent, one a sandbox is opened and closed with it. */
export class Session implements Disposable {
  readonly namespaces: Namespaces;
  readonly #sockets = new Map<NetnsRef, NetlinkSocket>();
  readonly #host: NetlinkSocket;

  constructor(namespaces: Namespaces, host: NetlinkSocket) {
    this.namespaces = namespaces;
    this.#host = host;
  }

  socket(netns: NetnsRef): NetlinkSocket {
    if (netns === hostNetns) return this.#host;
    const open = this.#sockets.get(netns);
    if (open) return open;
    const socket = this.namespaces.netlink(netns);
    this.#sockets.set(netns, socket);
    return socket;
  }

  /** Throws ENODEV when `netns` has no such link. */
  ifIndex(netns: NetnsRef, name: string): number {
    const index = libc.ifIndexOf(this.socket(netns).fd, name);
    if (index === undefined) throw new KernelError(`find link "${name}"`, "ENODEV");
    return index;
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets.values()) socket[Symbol.dispose]();
    this.#sockets.clear();
  }
}
