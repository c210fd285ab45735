import { containsIp } from "../base/cidr.ts";
import { formatIp, type Ip, ipOf } from "../base/ip.ts";
import type { Network } from "../model/network.ts";
import { Holdings } from "./holdings.ts";
import type { Journal } from "./journal.ts";
import { PoolSlots } from "./slots.ts";

/** A network of the cluster with what this host holds of its pools, written down in the journal. */
export class HeldNetwork {
  readonly network: Network;
  readonly pools: readonly Holdings[];
  /** Addresses in use that are somebody else's by now, until they have been reported. */
  readonly lost: string[] = [];
  #compared = false;
  #forgotten = false;
  readonly #journal: Journal;

  constructor(network: Network, journal: Journal) {
    this.network = network;
    this.#journal = journal;
    this.pools = network.pools.map((pool) => new Holdings(new PoolSlots(pool)));
    const held = journal.slots.find(({ networkId }) => networkId === network.id);
    for (const ip of (held?.whole ?? []).map(ipOf)) this.poolOf(ip)?.whole.add(ip.value);
    for (const ip of (held?.singles ?? []).map(ipOf)) this.poolOf(ip)?.singles.add(ip.value);
    for (const ip of (held?.unsure ?? []).map(ipOf)) this.poolOf(ip)?.unsure.add(ip.value);
  }

  /** Whether the holdings have been compared with the store since the last join, and nothing has failed since. */
  get compared(): boolean {
    return this.#compared && this.pools.every(({ unsure }) => unsure.size === 0);
  }

  set compared(compared: boolean) {
    this.#compared = compared;
  }

  poolOf(ip: Ip): Holdings | undefined {
    return this.pools.find(({ slots }) => containsIp(slots.subnet, ip));
  }

  get isHolding(): boolean {
    return this.pools.some(
      ({ whole, singles, used, unsure }) => whole.size + singles.size + used.size + unsure.size > 0,
    );
  }

  /** The network is gone: nothing of it is written down any more, whatever is still going on. */
  forget(): void {
    this.#forgotten = true;
  }

  /** To be called after each change of what is held. */
  keep(): void {
    if (this.#forgotten) return;
    this.#journal.keepSlots({
      networkId: this.network.id,
      whole: this.pools.flatMap((pool) => [...pool.whole].map((slot) => addressText(pool, slot))),
      singles: this.pools.flatMap((pool) => [...pool.singles].map((value) => addressText(pool, value))),
      unsure: this.pools.flatMap((pool) => [...pool.unsure].map((slot) => addressText(pool, slot))),
    });
  }
}

export const addressText = ({ slots }: Holdings, value: bigint): string => formatIp(slots.ip(value));
