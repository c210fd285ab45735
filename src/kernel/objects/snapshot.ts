import { readFileSync } from "node:fs";
import { KernelError } from "../../base/kernel-error.ts";
import type { HostRoute, NetnsRef } from "../../contracts/kernel.ts";
import {
  type AddressState,
  getBridgeEntry,
  type LinkState,
  listAddresses,
  listLinks,
  listNeighbours,
  listRoutes,
  listRules,
} from "../netlink/lists.ts";
import { type NeighbourMessage, NUD_PERMANENT } from "../netlink/neighbour.ts";
import type { RuleMessage } from "../netlink/rule.ts";
import { NETLINK_GENERIC } from "../netlink/socket.ts";
import { getDevice } from "../netlink/wireguard.ts";

import type { Session } from "../netns/session.ts";

/** What the kernel has, read once a namespace and only as far as asked for. */
export class Snapshot {
  readonly #session: Session;
  readonly #links = new Map<NetnsRef, Map<string, LinkState>>();
  readonly #addresses = new Map<NetnsRef, AddressState[]>();
  readonly #routes = new Map<NetnsRef, HostRoute[]>();
  readonly #rules = new Map<NetnsRef, RuleMessage[]>();
  readonly #neighbours = new Map<NetnsRef, NeighbourMessage[]>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** A sandbox that is gone has no links: nothing of what was in it is there. */
  link(netns: NetnsRef, name: string): LinkState | undefined {
    return this.#once(
      this.#links,
      netns,
      () => new Map(listLinks(this.#session.socket(netns)).map((link) => [link.name, link])),
      new Map(),
    ).get(name);
  }

  addresses(netns: NetnsRef): AddressState[] {
    return this.#once(this.#addresses, netns, () => listAddresses(this.#session.socket(netns)), []);
  }

  routes(netns: NetnsRef): HostRoute[] {
    return this.#once(this.#routes, netns, () => listRoutes(this.#session.socket(netns)), []);
  }

  /** Not kept: there is one. Only for a link that is there and of this kind. */
  wireguard(netns: NetnsRef, name: string): { publicKey?: string | undefined; listenPort?: number | undefined } {
    using socket = this.#session.namespaces.netlink(netns, NETLINK_GENERIC);
    return getDevice(socket, name);
  }

  rules(netns: NetnsRef): RuleMessage[] {
    return this.#once(this.#rules, netns, () => listRules(this.#session.socket(netns)), []);
  }

  /** The entry of an address on a link; one that waits for an answer has no MAC. */
  neighbour(netns: NetnsRef, link: string, address: string): { mac: string; permanent: boolean } | undefined {
    const ifIndex = this.link(netns, link)?.ifIndex;
    const all = this.#once(this.#neighbours, netns, () => listNeighbours(this.#session.socket(netns), 0), []);
    const found = all.find((one) => one.header.ifIndex === ifIndex && one.attributes.destination === address);
    return found && { mac: found.attributes.linkAddress ?? "", permanent: found.header.state === NUD_PERMANENT };
  }

  /** Undefined without such a key. Not kept: settings are read one by one anyway. */
  sysctl(netns: NetnsRef, key: string): string | undefined {
    try {
      return this.#session.namespaces.runIn<string>(netns, () => readFileSync(`/proc/sys/${key}`, "utf8").trim());
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** The forwarding entry of a MAC in the bridge of a port; asked for one by one, for a bridge may have many. */
  bridgeEntry(netns: NetnsRef, ifIndex: number, mac: string): NeighbourMessage["header"] | undefined {
    try {
      return getBridgeEntry(this.#session.socket(netns), ifIndex, mac).header;
    } catch (error) {
      // EINVAL: the link is a port of no bridge.
      if (error instanceof KernelError && ["ENOENT", "ENODEV", "EINVAL"].includes(error.errno)) return undefined;
      throw error;
    }
  }

  /** Forgets a namespace that has just been changed. */
  forget(netns: NetnsRef): void {
    const kept = [this.#links, this.#addresses, this.#routes, this.#rules, this.#neighbours];
    for (const map of kept) map.delete(netns);
  }

  #once<T>(cache: Map<NetnsRef, T>, netns: NetnsRef, read: () => T, withoutSandbox: T): T {
    const known = cache.get(netns);
    if (known !== undefined) return known;
    let found = withoutSandbox;
    try {
      found = read();
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
    cache.set(netns, found);
    return found;
  }
}

/** No such sandbox or file; EINVAL: the pin of the sandbox is a plain file that no namespace is mounted on. */
function isAbsent(error: unknown): boolean {
  if (error instanceof KernelError) return ["ENOENT", "EINVAL"].includes(error.errno);
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
