import type { Log } from "../base/log.ts";
import type { LeaseRequest, OnLeaseNews } from "../contracts/dhcp.ts";
import type { Lease } from "../model/lease.ts";
import { Deadline, pause, until } from "./clock.ts";
import { OtherAddress, type Protocol, type Renewal } from "./protocol.ts";

/** How long a lease that ended while nobody kept it is asked for again before another is, in milliseconds. */
const REBOOT_MS = 10_000;
/** Between two attempts to get the one address that the user wants, in milliseconds. */
const OTHER_ADDRESS_MS = 60_000;
/** After something that is no fault of a server: no descriptors, no buffers; in milliseconds. */
const TROUBLE_MS = 10_000;

/** One client: has a lease, or asks for one, until it is told to stop. */
export class Keeper {
  readonly request: LeaseRequest;
  readonly #protocol: Protocol;
  readonly #onNews: OnLeaseNews;
  readonly #log: Log;
  readonly #stopped = new AbortController();
  #lease: Lease | undefined;
  /** The address it had last. */
  #last: string | undefined;

  constructor(parts: { request: LeaseRequest; protocol: Protocol; onNews: OnLeaseNews; log: Log }) {
    this.request = parts.request;
    this.#protocol = parts.protocol;
    this.#onNews = parts.onNews;
    this.#log = parts.log;
  }

  /** The first lease; rejects when `signal` aborts or the client is stopped. Then keep() it. */
  async first(signal: AbortSignal): Promise<Lease> {
    const { address, exact } = this.request;
    const both = AbortSignal.any([signal, this.#stopped.signal]);
    this.#lease = await this.#protocol.obtain({ address, exact }, both);
    return this.#lease;
  }

  /** Keeps what there is, in the background. A lease that has ended meanwhile is asked for once more. */
  keep(lease = this.#lease): void {
    this.#lease = lease;
    this.#last = lease && bare(lease);
    void this.#liveOn();
  }

  /** Descriptors or buffers may have run out for a while: that is no reason to let a lease go for good. */
  async #liveOn(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#live();
      } catch (error) {
        if (signal.aborted) return;
        const { container, network, family } = this.request;
        this.#log.error(
          { err: error, container, network, family },
          "a lease cannot be kept at the moment; trying again",
        );
        await pause(TROUBLE_MS, signal).catch(() => undefined); // aborted: the loop ends
      }
    }
  }

  /** Ends it; the lease stays. */
  stop(): void {
    this.#stopped.abort();
  }

  /** Ends it, and gives the lease back. */
  release(): void {
    this.stop();
    if (this.#lease) this.#protocol.release(this.#lease);
  }

  async #live(): Promise<never> {
    for (;;) {
      const lease = this.#lease ?? (await this.#again());
      const times = {
        renew: new Deadline(lease.renewAt),
        rebind: new Deadline(lease.rebindAt),
        end: new Deadline(lease.expiresAt),
      };
      await until(times.renew, this.#stopped.signal);
      const next = await this.#renew(lease, times);
      if (typeof next === "object") this.#have(next, next.address === lease.address ? "renewed" : "bound");
      else this.#lose(next);
    }
  }

  /** From T1 on its server is asked, from T2 on any, until it ends. */
  async #renew(lease: Lease, times: { rebind: Deadline; end: Deadline }): Promise<Lease | string> {
    const { signal } = this.#stopped;
    const steps: readonly (readonly [Renewal, Deadline])[] =
      times.end.left > 0
        ? [
            ["renew", times.rebind],
            ["rebind", times.end],
          ]
        : [["reboot", Deadline.in(REBOOT_MS)]];
    for (const [how, end] of steps) {
      if (end.left === 0) continue;
      const answer = await this.#protocol.renew(lease, how, end, signal);
      if (answer === "refused") return "the server refuses to lend it any longer";
      if (answer) return answer;
      if (how === "renew") this.#onNews({ kind: "unanswered", lease });
    }
    return "no server answered before it ended";
  }

  /** After a loss: the same address again if possible; one that the user wants exactly is waited for. */
  async #again(): Promise<Lease> {
    for (;;) {
      try {
        const wish = { address: this.#last ?? this.request.address, exact: this.request.exact };
        const lease = await this.#protocol.obtain(wish, this.#stopped.signal);
        this.#have(lease, "bound");
        return lease;
      } catch (error) {
        if (!(error instanceof OtherAddress)) throw error;
        const { container, network } = this.request;
        this.#log.warn({ container, network, why: error.message }, "the address wanted is not to be had, asking again");
        await pause(OTHER_ADDRESS_MS, this.#stopped.signal);
      }
    }
  }

  #have(lease: Lease, kind: "renewed" | "bound"): void {
    this.#lease = lease;
    this.#last = bare(lease);
    this.#onNews({ kind, lease });
  }

  #lose(why: string): void {
    this.#lease = undefined;
    this.#onNews({ kind: "lost", why });
  }
}

const bare = ({ address }: Lease): string | undefined => address.split("/")[0];
