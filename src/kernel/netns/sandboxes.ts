import { closeSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import type { Sandboxes } from "../../contracts/kernel.ts";
import { kernelError } from "../ffi/errno.ts";
import * as libc from "../ffi/libc.ts";
import { IFF_UP, linkMessage, RTM_NEWLINK } from "../netlink/link.ts";
import { NETLINK_ROUTE, NetlinkSocket, request } from "../netlink/socket.ts";
import type { Namespaces } from "./namespaces.ts";

const LOOPBACK_INDEX = 1; // LOOPBACK_IFINDEX, include/net/flow.h: the first link of every namespace

/**
 * What interfaces made later start with: no IPv6 until their network asks for it, and then without duplicate address
 * detection (1-2 s) and without taking part in somebody's router advertisements. Loopback is there already and keeps IPv6.
 */
const ipv6Defaults = { disable_ipv6: "1", accept_dad: "0", accept_ra: "0" };

/** Named network namespaces: each is a file under the exec root that the namespace is mounted on. */
export class PinnedSandboxes implements Sandboxes {
  /** A property, so that it can be handed on by itself. */
  readonly runIn: Sandboxes["runIn"] = (netns, body) => this.#namespaces.runIn(netns, body);
  readonly #namespaces: Namespaces;
  readonly #unpin: (id: string) => Promise<void>;

  /** `unpin` removes a pin on the deletion thread. */
  constructor(namespaces: Namespaces, unpin: (id: string) => Promise<void>) {
    this.#namespaces = namespaces;
    this.#unpin = unpin;
  }

  create(id: string): void {
    const path = this.path(id);
    claimFile(path, id);
    try {
      this.#namespaces.runInNew<void>(() => {
        furnish();
        libc.mount("/proc/thread-self/ns/net", path, libc.MS_BIND);
      });
    } catch (error) {
      rmSync(path, { force: true }); // mounting was the last step: this is still a plain file
      throw error;
    }
  }

  remove(id: string): Promise<void> {
    return this.#unpin(id);
  }

  list(): string[] {
    return readdirSync(this.#namespaces.directory);
  }

  exists(id: string): boolean {
    return this.#namespaces.exists(id);
  }

  dismantle(): void {
    unpin(this.#namespaces.directory);
  }

  path(id: string): string {
    return this.#namespaces.path(id);
  }
}

function claimFile(path: string, id: string): void {
  try {
    closeSync(openSync(path, "wx", 0o644));
  } catch (error) {
    throw kernelError(`make sandbox "${id}"`, (error as NodeJS.ErrnoException).errno ?? 0);
  }
}

function furnish(): void {
  using socket = new NetlinkSocket(NETLINK_ROUTE);
  const header = { ifIndex: LOOPBACK_INDEX, flags: IFF_UP, change: IFF_UP };
  socket.run([request("raise loopback", RTM_NEWLINK, linkMessage, { header, attributes: {} })]);
  for (const [name, value] of Object.entries(ipv6Defaults))
    writeIfThere(`/proc/sys/net/ipv6/conf/default/${name}`, value);
}

/** A kernel without IPv6 has no such file. */
function writeIfThere(path: string, value: string): void {
  try {
    writeFileSync(path, value, { flag: "r+" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Removes a pin: for the deletion thread, because the kernel waits for a grace period in umount(2). Idempotent. */
export function unpin(path: string): void {
  try {
    libc.unmount(path, libc.MNT_DETACH);
  } catch (error) {
    // EINVAL: a file that nothing is mounted on, left by a crash between making and mounting it.
    if (!["EINVAL", "ENOENT"].includes((error as { errno?: string }).errno ?? "")) throw error;
  }
  rmSync(path, { force: true, recursive: true });
}
