import { KernelError } from "../base/kernel-error.ts";
import type { Log } from "../base/log.ts";
import type { Rollback } from "../base/rollback.ts";

import type { Forwarding } from "../contracts/forwarding.ts";

import {
  type Difference,
  type HostLink,
  type HostRoute,
  hostNetns,
  type Kernel,
  type KernelChange,
  type KernelObject,
  type LinkCounters,
  type NetnsRef,
  type Sandboxes,
} from "../contracts/kernel.ts";
import * as libc from "./ffi/libc.ts";
import { HostForwarding } from "./forwarding/forwarding.ts";
import { hostLinks, uplinkOf } from "./host-links.ts";
import { announceAddress } from "./neighbours/announce.ts";
import { BridgeAnnouncer } from "./neighbours/bridge-announcer.ts";
import { probeAddresses } from "./neighbours/probe.ts";
import type { PublishedPort } from "./netlink/flush-conntrack.ts";
import { getCounters, listLinks, listRoutes } from "./netlink/lists.ts";
import type { NetlinkSocket } from "./netlink/socket.ts";
import type { Namespaces } from "./netns/namespaces.ts";
import { PinnedSandboxes } from "./netns/sandboxes.ts";
import { Session } from "./netns/session.ts";
import { applyObjects, diffObjects, repairObjects } from "./objects/apply.ts";
import { kindOf } from "./objects/kinds.ts";
import { ownerOfLink } from "./objects/mark.ts";
import { findStrays } from "./objects/strays.ts";
import { PacketThread } from "./packets/packet-thread.ts";
import type { DeletionThread } from "./removal/deletion-thread.ts";
import { Watcher } from "./watch/watcher.ts";

/** The nft table that is watched; changes to others are nobody's business here. */
const OUR_TABLE = "fairlead";

/** The kernel as the engine sees it. All but removal runs on the calling thread, at once. */
export class HostKernel implements Kernel {
  readonly sandboxes: Sandboxes;
  readonly forwarding: Forwarding & Disposable;
  readonly packets: PacketThread;
  readonly #namespaces: Namespaces;
  readonly #host: NetlinkSocket;
  readonly #deletion: DeletionThread;
  readonly #log: Log;
  readonly #announcer: BridgeAnnouncer;
  readonly #watchers = new Set<Watcher>();

  constructor(parts: { namespaces: Namespaces; host: NetlinkSocket; deletion: DeletionThread; log: Log }) {
    this.#namespaces = parts.namespaces;
    this.#host = parts.host;
    this.#deletion = parts.deletion;
    this.#log = parts.log;
    this.forwarding = new HostForwarding(parts.namespaces.netlink(hostNetns));
    this.#announcer = new BridgeAnnouncer(parts.host, this.#packetSocket());
    this.packets = new PacketThread(parts.namespaces, parts.log);
    this.sandboxes = new PinnedSandboxes(parts.namespaces, (id) => this.#deletion.remove({ pins: [id] }));
  }

  /** From the start on: a first use would look like a leak. Protocol 0: it receives nothing. */
  #packetSocket(): number | undefined {
    try {
      return this.#namespaces.runIn<number>(hostNetns, () => libc.socket(libc.AF_PACKET, libc.SOCK_DGRAM, 0));
    } catch (error) {
      this.#log.warn({ err: error }, "cannot announce addresses on bridges: neighbours learn of them later");
      return undefined;
    }
  }

  #session(): Session {
    return new Session(this.#namespaces, this.#host);
  }

  apply(objects: readonly KernelObject[], rollback: Rollback): void {
    using session = this.#session();
    applyObjects(session, objects, {
      rollback,
      inSession: (undo) => this.#inSession(undo),
      removeObject: (object) => this.remove([object]),
    });
  }

  #inSession(step: (session: Session) => void): void {
    using session = this.#session();
    step(session);
  }

  async remove(objects: readonly KernelObject[]): Promise<void> {
    if (objects.length > 0) await this.#deletion.remove({ objects });
  }

  diff(objects: readonly KernelObject[]): Difference[] {
    using session = this.#session();
    return diffObjects(session, objects);
  }

  repair(objects: readonly KernelObject[]): void {
    using session = this.#session();
    repairObjects(session, objects);
  }

  owned(netns: NetnsRef = hostNetns): { name: string; owner: string }[] {
    using session = this.#session();
    return listLinks(session.socket(netns)).flatMap((link) => {
      const owner = ownerOfLink(link);
      return owner === undefined ? [] : [{ name: link.name, owner }];
    });
  }

  removeLink(name: string, netns: NetnsRef = hostNetns): Promise<void> {
    return this.#deletion.remove({ links: [{ netns, name }] });
  }

  strays(links: readonly string[], objects: readonly KernelObject[]): { object: KernelObject; name: string }[] {
    using session = this.#session();
    return findStrays(session, links, objects).map((object) => ({ object, name: kindOf(object).name(object) }));
  }

  links(netns: NetnsRef): HostLink[] {
    using session = this.#session();
    return hostLinks(session.socket(netns));
  }

  routes(): HostRoute[] {
    return listRoutes(this.#host).map(({ protocol: _whoMadeIt, ...route }) => route);
  }

  uplink(): HostLink | undefined {
    return uplinkOf(this.#host);
  }

  announce(netns: NetnsRef, link: string, mac: string, addresses: readonly string[]): void {
    try {
      using session = this.#session();
      const ifIndex = session.ifIndex(netns, link);
      this.#namespaces.runIn<void>(netns, () => {
        for (const address of addresses) announceAddress({ ifIndex, mac }, address.replace(/\/.*$/, ""));
      });
    } catch (error) {
      this.#log.warn({ err: error, netns, link }, "cannot announce an address to neighbours");
    }
  }

  announceOnBridge(bridge: string, mac: string, addresses: readonly string[]): void {
    try {
      using session = this.#session();
      const ifIndex = session.ifIndex(hostNetns, bridge);
      for (const address of addresses) this.#announcer.announce(ifIndex, mac, address.replace(/\/.*$/, ""));
    } catch (error) {
      this.#log.warn({ err: error, bridge }, "cannot announce an address on a bridge");
    }
  }

  async probeAddresses(
    at: { readonly netns: NetnsRef; readonly link: string },
    addresses: readonly string[],
    signal?: AbortSignal,
  ): Promise<Map<string, string>> {
    const ours = new Set(listLinks(this.#host).map(({ mac }) => mac));
    try {
      return await probeAddresses(this.packets, at, addresses, { ours, signal });
    } finally {
      await this.packets.flushed(); // who asks may look for what is left open
    }
  }

  async flushConntrack(flows: readonly PublishedPort[]): Promise<void> {
    if (flows.length > 0) await this.#deletion.remove({ flows });
  }

  counters(netns: NetnsRef, link: string): LinkCounters | undefined {
    try {
      using session = this.#session();
      return getCounters(session.socket(netns), link);
    } catch (error) {
      if (error instanceof KernelError && ["ENODEV", "ENOENT"].includes(error.errno)) return undefined;
      throw error;
    }
  }

  watch(onChange: (change: KernelChange) => void): Disposable {
    const watcher = new Watcher({ onChange, host: this.#host, log: this.#log, table: OUR_TABLE });
    this.#watchers.add(watcher);
    return watcher;
  }

  async close(): Promise<void> {
    for (const watcher of this.#watchers) watcher[Symbol.dispose]();
    await Promise.all([...this.#watchers].map(({ ended }) => ended));
    await this.packets.close();
    await this.#deletion.close();
    this.forwarding[Symbol.dispose]();
    this.#announcer[Symbol.dispose]();
    this.#host[Symbol.dispose]();
    this.#namespaces[Symbol.dispose]();
  }
}
