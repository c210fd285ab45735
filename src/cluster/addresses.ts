import { formatCidr } from "../base/cidr.ts";
import { EngineError } from "../base/errors.ts";
import { formatIp, type Ip, ipOf } from "../base/ip.ts";
import { KeyedLock } from "../base/keyed-lock.ts";
import type { Log } from "../base/log.ts";
import type { Network } from "../model/network.ts";
import { compareSlots } from "./compare-slots.ts";
import { addressText, HeldNetwork } from "./held-network.ts";
import type { Holdings } from "./holdings.ts";
import type { Journal } from "./journal.ts";
import type { WishRecord } from "./records.ts";
import { type ClaimParts, SlotClaims } from "./slot-claims.ts";
import { type WishParts, wishFor } from "./wishes.ts";

export interface AddressParts extends ClaimParts, Omit<WishParts, "store" | "hostId" | "member"> {
  readonly journal: Journal;
  readonly log: Log;
  readonly joined: () => boolean;
  /** Everything this host has in the store has been looked at since it joined: nothing may be given away before. */
  readonly settled: () => boolean;
  readonly fenced: () => boolean;
  /** Whether the store has, or may still get, an endpoint of this host's with the address. */
  readonly isPublished: (networkId: string, address: string) => boolean;
  /** Addresses in use that are somebody else's. */
  readonly onLost: (lost: readonly { readonly networkId: string; readonly address: string }[]) => void;
  /** Frees what hosts without a record still hold: their removal was cut short. Returns how much. */
  readonly freeAbandoned: () => Promise<number>;
}

/** Addresses of the cluster's networks: handed out from what this host holds, which grows and shrinks with the need. */
export class Addresses {
  readonly #parts: AddressParts;
  readonly #claims: SlotClaims;
  readonly #networks = new Map<string, HeldNetwork>();
  readonly #locks = new KeyedLock();
  readonly #untidy = new Set<string>();
  #tidying: Promise<void> | undefined;

  constructor(parts: AddressParts) {
    this.#parts = parts;
    this.#claims = new SlotClaims(parts);
  }

  /** Makes room for a network's holdings, with what the journal says of them. */
  know(network: Network): HeldNetwork {
    const known = this.#networks.get(network.id);
    if (known) return known;
    const held = new HeldNetwork(network, this.#parts.journal);
    this.#networks.set(network.id, held);
    return held;
  }

  forget(networkId: string): void {
    this.#networks.get(networkId)?.forget();
    this.#parts.journal.forgetSlots(networkId);
    this.#networks.delete(networkId);
    this.#untidy.delete(networkId);
  }

  /** Networks of which this host holds or uses addresses. */
  get held(): string[] {
    return [...this.#networks.values()].filter(({ isHolding }) => isHolding).map(({ network }) => network.id);
  }

  adopt(network: Network, address: string, owner: string): void {
    const ip = ipOf(bare(address));
    const pool = this.know(network).poolOf(ip);
    pool?.take(ip.value, owner);
    pool?.adopted.add(ip.value);
  }

  /** Whether it has been in use since before this process started. */
  isAdopted(networkId: string, address: string): boolean {
    const ip = ipOf(address);
    return this.#networks.get(networkId)?.poolOf(ip)?.adopted.has(ip.value) ?? false;
  }

  release(network: Network, address: string): void {
    const ip = ipOf(bare(address));
    const pool = this.#networks.get(network.id)?.poolOf(ip);
    if (pool?.owns(ip.value) && this.#parts.isPublished(network.id, formatIp(ip))) pool.leaving.add(ip.value);
    else pool?.letGo(ip.value);
    this.#soon(network.id);
  }

  /** Whether this host may say in the store who has an address. */
  owns(networkId: string, address: string): boolean {
    const ip = ipOf(address);
    return this.#networks.get(networkId)?.poolOf(ip)?.owns(ip.value) ?? false;
  }

  usage(network: Network): { subnet: string; inUse: bigint; available: bigint }[] {
    return this.know(network).pools.map((pool) => ({
      subnet: formatCidr(pool.slots.subnet),
      inUse: BigInt(pool.used.size),
      available: BigInt(pool.free),
    }));
  }

  async reserve(
    network: Network,
    { family, address, owner }: { family: 4 | 6; address?: string; owner: string },
  ): Promise<string> {
    const held = this.know(network);
    await using _lock = await this.#locks.hold(network.id);
    for (;;) {
      this.#refuseFenced(network);
      if (this.#parts.joined()) await this.#compare(held);
      const taken = await (address === undefined ? this.#next(held, family, owner) : this.#this(held, address, owner));
      // Its removal was heard of meanwhile: whoever was on it has been told already, and this one would not be.
      if (this.#networks.get(network.id) !== held)
        throw new EngineError("NETWORK_NOT_FOUND", { network: network.name });
      this.#soon(network.id);
      // Whoever stood still meanwhile, or joined anew, has to look again at what it holds.
      const isSure = (held.compared || !this.#parts.joined()) && !this.#parts.fenced();
      if (isSure) return taken;
      this.release(network, taken);
    }
  }

  /** After a silence of the length of the grace, what this host holds may be somebody else's. */
  #refuseFenced({ name }: Network): void {
    if (!this.#parts.fenced()) return;
    const why = "for so long that this host's addresses may be others' now";
    const what = `take an address of network ${name}`;
    throw new EngineError("STORE_AWAY", { what, store: this.#parts.storeName, why });
  }

  async #next(held: HeldNetwork, family: 4 | 6, owner: string): Promise<string> {
    const pools = held.pools.filter(({ slots }) => slots.family === family);
    for (const pool of pools) {
      const value = pool.takeNext(owner);
      if (value !== undefined) return withLength(pool, value);
    }
    for (const pool of pools) {
      if (!(await this.#grow(held, pool))) continue;
      const value = pool.takeNext(owner);
      if (value !== undefined) return withLength(pool, value);
    }
    const subnet = pools.map(({ slots }) => formatCidr(slots.subnet)).join(", ");
    throw new EngineError("ADDRESSES_EXHAUSTED", { subnet, network: held.network.name });
  }

  /** A slot of its own; else a single address; else what removed hosts left; else what other hosts can spare. */
  async #grow(held: HeldNetwork, pool: Holdings): Promise<boolean> {
    const attempt = async () =>
      (await this.#claims.takeSlot(held, pool)) || (await this.#claims.takeAnySingle(held, pool));
    if (await attempt()) return true;
    if ((await this.#parts.freeAbandoned()) > 0 && (await attempt())) return true;
    return wishFor(this.#parts, held, pool, { attempt });
  }

  /** This very address: from what is held, or as a single one, which the holder of its slot is asked to let go. */
  async #this(held: HeldNetwork, address: string, owner: string): Promise<string> {
    const ip = ipOf(address);
    const pool = held.poolOf(ip);
    if (!pool?.slots.takes(ip.value)) throw refusal(held.network, ip, pool);
    const present = pool.leaving.has(ip.value) ? undefined : pool.used.get(ip.value);
    if (present !== undefined) throw new EngineError("ADDRESS_TAKEN", { address, owner: present });
    if (!pool.holds(ip.value)) await this.#claim(held, pool, ip.value);
    pool.take(ip.value, owner);
    return withLength(pool, ip.value);
  }

  async #claim(held: HeldNetwork, pool: Holdings, value: bigint): Promise<void> {
    const attempt = () => this.#claims.takeSingle(held, pool, value);
    if (await attempt()) return;
    if ((await this.#parts.freeAbandoned()) > 0 && (await attempt())) return;
    if (await wishFor(this.#parts, held, pool, { slot: pool.slots.slotOf(value), attempt })) return;
    throw await this.#claims.refusal(held, pool, value);
  }

  /** Another host asks: the slot it names, or the one with most free addresses, is split. */
  async grant(networkId: string, family: 4 | 6, { host, slot }: WishRecord): Promise<void> {
    const held = this.#networks.get(networkId);
    if (!held || host === this.#parts.hostId) return;
    await using _lock = await this.#locks.hold(networkId);
    if (!this.#parts.settled()) return;
    await this.#compare(held);
    for (const pool of held.pools.filter(({ slots }) => slots.family === family)) {
      const wanted = slot === undefined ? pool.roomiest : BigInt(`0x${slot}`);
      if (wanted === undefined || !pool.whole.has(wanted)) continue;
      await this.#claims.split(held, pool, wanted);
      if (!held.compared) this.#untidy.add(networkId);
      return;
    }
  }

  /** After a join nothing that this host holds is certain until it has been compared. */
  doubt(): void {
    for (const held of this.#networks.values()) held.compared = false;
  }

  /** After a join: what this host holds, by the store's word. */
  async compareAll(): Promise<void> {
    for (const held of [...this.#networks.values()].filter(({ isHolding }) => isHolding)) {
      await using _lock = await this.#locks.hold(held.network.id);
      try {
        await this.#compare(held);
      } catch (error) {
        // Its removal is under way: whatever comes of it will be told.
        if (!(error instanceof EngineError) || error.code !== "NETWORK_NOT_FOUND") throw error;
        this.#untidy.add(held.network.id);
      }
    }
  }

  async #compare(held: HeldNetwork): Promise<void> {
    try {
      if (!held.compared) await compareSlots(this.#claims, held, this.#parts.hostId);
    } finally {
      const lost = held.lost.splice(0).map((address) => ({ networkId: held.network.id, address }));
      if (lost.length > 0) this.#parts.onLost(lost);
    }
  }

  /** Gives back what is not needed, keeps one slot to spare; in the background, again after the store was away. */
  wake(): void {
    this.#tidying ??= this.#tidyAll().finally(() => {
      this.#tidying = undefined;
    });
  }

  #soon(networkId: string): void {
    this.#untidy.add(networkId);
    if (this.#parts.settled()) setImmediate(() => this.wake());
  }

  /** Also what comes up meanwhile; what fails waits for the next wake(). */
  async #tidyAll(): Promise<void> {
    const later = new Set<string>();
    for (let [id] = this.#untidy; id !== undefined; [id] = this.#untidy) {
      this.#untidy.delete(id);
      if (!(await this.#tidyOne(id))) later.add(id);
    }
    for (const id of later) this.#untidy.add(id);
  }

  /** False: not all of it could be done now. */
  async #tidyOne(id: string): Promise<boolean> {
    const held = this.#networks.get(id);
    if (!held) return true;
    try {
      await using _lock = await this.#locks.hold(id);
      if (!this.#parts.settled()) return false;
      await this.#compare(held);
      for (const pool of held.pools) await this.#tidy(held, pool);
      return held.compared && held.pools.every(({ leaving }) => leaving.size === 0);
    } catch (err) {
      this.#parts.log.debug({ err, network: held.network.name }, "addresses are given back later");
      return false;
    }
  }

  async #tidy(held: HeldNetwork, pool: Holdings): Promise<void> {
    for (const value of [...pool.leaving]) {
      if (!this.#parts.isPublished(held.network.id, addressText(pool, value))) pool.letGo(value);
    }
    for (const value of [...pool.singles]) {
      if (!pool.used.has(value)) await this.#claims.returnSingle(held, pool, value);
    }
    const spares = pool.used.size > 0 ? 1 : 0;
    for (const slot of pool.empty.slice(spares)) await this.#claims.returnSlot(held, pool, slot);
    if (spares > 0 && pool.empty.length === 0) await this.#claims.takeSlot(held, pool, true);
  }
}

const bare = (address: string): string => address.split("/", 1)[0] ?? "";
const withLength = (pool: Holdings, value: bigint): string =>
  `${addressText(pool, value)}/${pool.slots.subnet.prefixLength}`;

function refusal(network: Network, ip: Ip, pool: Holdings | undefined): EngineError {
  const address = formatIp(ip);
  if (pool) return new EngineError("ADDRESS_TAKEN", { address, owner: "the network itself (gateway, aux or edge)" });
  const subnets = network.pools.map(({ subnet }) => subnet);
  return new EngineError("ADDRESS_OUTSIDE", { address, network: network.name, subnets });
}
