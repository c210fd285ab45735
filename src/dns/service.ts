import type { Log } from "../base/log.ts";
import type { NameRecord, ResolverConfig } from "../contracts/names.ts";
import type { PacketBatch } from "../contracts/packets.ts";
import { Admission } from "./forward/admission.ts";
import type { OpenUpstream } from "./forward/exchange.ts";
import { Forwarder } from "./forward/forwarder.ts";
import { Resolver, type ResolverParts } from "./resolver.ts";
import { TcpServer, tcpLimits } from "./server/tcp.ts";
import { UdpServer } from "./server/udp.ts";
import { Statistics } from "./statistics.ts";
import { Zone } from "./zone.ts";

/** Descriptors of a resolver's sockets; they stay the caller's. */
export interface ResolverFds {
  readonly udpFd: number;
  readonly tcpFd: number;
}

export interface ServiceParts {
  readonly log: Log;
  /** A second descriptor of the same socket. */
  readonly duplicate: (fd: number) => number;
  readonly openUpstream: OpenUpstream;
  /** Undefined: datagrams one by one. */
  readonly batch: PacketBatch | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly upstreamTimeoutMs: number;
}

/** The DNS of all sandboxes, in one thread: zone, resolvers, upstreams. Every change is in force when the method returns. */
export class DnsService implements Disposable {
  readonly #service: ServiceParts;
  readonly #parts: ResolverParts;
  readonly #open = new Map<string, { readonly resolver: Resolver; readonly stack: DisposableStack }>();

  constructor(parts: ServiceParts) {
    this.#service = parts;
    const { openUpstream, now, log } = parts;
    const forwarder = new Forwarder({
      open: openUpstream,
      now,
      timeoutMs: parts.upstreamTimeoutMs,
      onFailure: (target, why) => log.debug({ ...target, why }, "DNS server gave no answer"),
    });
    this.#parts = { zone: new Zone(), forwarder, admission: new Admission(), statistics: new Statistics(), log };
  }

  publish(records: readonly NameRecord[]): void {
    for (const record of records) this.#parts.zone.publish(record);
  }

  withdraw(endpointIds: readonly string[]): void {
    for (const id of endpointIds) this.#parts.zone.withdraw(id);
  }

  /** Serves on duplicates of the descriptors; replaces what is open for the sandbox. */
  open(config: ResolverConfig, fds: ResolverFds): void {
    this.close(config.sandboxId);
    const { duplicate, batch, log } = this.#service;
    const onError = (error: Error) =>
      log.error({ err: error, sandbox: config.sandboxId }, "a resolver's socket failed");
    using stack = new DisposableStack();
    const resolver = stack.use(new Resolver(this.#parts, config));
    stack.use(new UdpServer(duplicate(fds.udpFd), resolver, batch, onError));
    stack.use(new TcpServer(duplicate(fds.tcpFd), resolver, tcpLimits, onError));
    this.#open.set(config.sandboxId, { resolver, stack: stack.move() });
  }

  update(config: ResolverConfig): void {
    this.#open.get(config.sandboxId)?.resolver.update(config);
  }

  /** Idempotent. */
  close(sandboxId: string): void {
    this.#open.get(sandboxId)?.stack.dispose();
    this.#open.delete(sandboxId);
  }

  statistics(): { source: string; rcode: string; count: number }[] {
    return this.#parts.statistics.list();
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#open.keys()]) this.close(id);
  }
}
