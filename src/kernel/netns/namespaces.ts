import { closeSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { hostNetns, type NetnsRef } from "../../contracts/kernel.ts";
import { kernelError } from "../ffi/errno.ts";
import * as libc from "../ffi/libc.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "../netlink/socket.ts";

/** Refuses an asynchronous body at compile time. */
export type Sync<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * The namespaces that one thread works in: "host", the one it was in when this was made, and those pinned in a
 * directory. Each thread makes its own, for a namespace belongs to a thread (setns(2)).
 */
export class Namespaces implements Disposable {
  readonly directory: string;
  readonly #home: number;
  #current: number;

  constructor(directory: string) {
    this.directory = directory;
    this.#home = openSync("/proc/thread-self/ns/net", "r");
    this.#current = this.#home;
  }

  path(id: string): string {
    return join(this.directory, id);
  }

  /** Whether `id` is pinned. A file that is no namespace (a crash between making and mounting it) does not count. */
  exists(id: string): boolean {
    const pin = statSync(this.path(id), { throwIfNoEntry: false });
    // A mounted namespace is an inode of nsfs, one file system for all of them.
    return pin !== undefined && pin.dev === statSync("/proc/thread-self/ns/net").dev;
  }

  /**
   * Runs `body` with this thread inside `netns`. The event loop has one thread, so nothing may be awaited here: open
   * the socket, return it, await outside. May be nested; each level goes back to where it came from.
   */
  runIn<T>(netns: NetnsRef, body: () => Sync<T>): T {
    if (netns === hostNetns) return this.#runAt(this.#home, body);
    const target = this.openFd(netns);
    try {
      return this.#runAt(target, body);
    } finally {
      closeSync(target);
    }
  }

  #runAt<T>(target: number, body: () => Sync<T>): T {
    const origin = this.#current;
    if (target === origin) return body();
    libc.setns(target, libc.CLONE_NEWNET);
    this.#current = target;
    try {
      return body();
    } finally {
      this.#current = origin;
      comeHome(origin);
    }
  }

  /** Runs `body` in a new namespace, then comes home. The namespace lives on only if `body` pins it or opens a socket in it. */
  runInNew<T>(body: () => Sync<T>): T {
    const origin = this.#current;
    libc.unshare(libc.CLONE_NEWNET);
    this.#current = -1;
    try {
      return body();
    } finally {
      this.#current = origin;
      comeHome(origin);
    }
  }

  /** A descriptor of the namespace, for IFLA_NET_NS_FD. The caller closes it with fs.closeSync. */
  openFd(netns: NetnsRef): number {
    if (netns === hostNetns) return this.runIn<number>(hostNetns, () => openSync("/proc/thread-self/ns/net", "r"));
    try {
      return openSync(this.path(netns), "r");
    } catch (error) {
      throw kernelError(`open sandbox "${netns}"`, (error as NodeJS.ErrnoException).errno ?? 0);
    }
  }

  /** A netlink socket that stays in `netns` wherever this thread goes. */
  netlink(netns: NetnsRef, protocol = NETLINK_ROUTE): NetlinkSocket {
    return this.runIn<NetlinkSocket>(netns, () => new NetlinkSocket(protocol));
  }

  [Symbol.dispose](): void {
    closeSync(this.#home);
  }
}

/**
 * A thread that cannot go home must not go on: the host would be taken for a sandbox from here on. So the process ends
 * (by signal: process.abort() is refused in worker threads), and the next start finds everything in the store.
 */
function comeHome(origin: number): void {
  try {
    libc.setns(origin, libc.CLONE_NEWNET);
  } catch (error) {
    process.stderr.write(`fairlead: cannot leave a network namespace, ending: ${String(error)}\n`);
    process.kill(process.pid, "SIGABRT");
    throw error;
  }
}
