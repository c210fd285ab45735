import { type Cidr, containsIp, formatCidr, lastOf, sizeOf } from "../base/cidr.ts";
import { EngineError } from "../base/errors.ts";
import { formatIp, type Ip } from "../base/ip.ts";
import { IntervalSet } from "./interval-set.ts";
import { edgesOf, type PoolParts, refuseEdge } from "./pool-request.ts";

/** The addresses of one subnet and who has them. Any address may be asked for; those handed out come from the range, in turn. */
export class AddressPool {
  readonly subnet: Cidr;
  readonly #range: Cidr;
  readonly #taken = new IntervalSet();
  readonly #owners = new Map<bigint, string>();
  /** Gateway and aux addresses: part of the network, never released. */
  readonly #fixed = new Set<bigint>();
  #inUse = 0n;
  #inUseInRange = 0n;
  #next: bigint;

  constructor({ subnet, range, gateway, aux }: PoolParts) {
    this.subnet = subnet;
    this.#range = range ?? subnet;
    this.#next = this.#range.base;
    for (const { ip } of edgesOf(subnet)) this.#mark(ip.value);
    for (const [name, ip] of Object.entries(aux)) this.#fix(ip, `aux address "${name}"`);
    if (gateway) this.#fix(gateway, "the gateway");
  }

  /** Takes the first free address of the range as the gateway; undefined when there is none. */
  takeGateway(): Ip | undefined {
    const gateway = this.#free();
    if (gateway) this.#fix(gateway, "the gateway");
    return gateway;
  }

  /** Reserves this very address, in or out of the range. Throws ADDRESS_TAKEN, or INVALID for an edge of the subnet. */
  take(ip: Ip, owner: string): void {
    refuseEdge("address", ip, this.subnet);
    const present = this.#owners.get(ip.value);
    if (present !== undefined) throw new EngineError("ADDRESS_TAKEN", { address: formatIp(ip), owner: present });
    this.#mark(ip.value);
    this.#owners.set(ip.value, owner);
  }

  /** Reserves the next free address of the range; undefined when it is full. */
  takeNext(owner: string): Ip | undefined {
    const ip = this.#free();
    if (!ip) return undefined;
    this.take(ip, owner);
    this.#next = ip.value + 1n;
    return ip;
  }

  release(ip: Ip): void {
    if (this.#fixed.has(ip.value) || !this.#owners.delete(ip.value)) return;
    this.#taken.remove(ip.value, ip.value);
    this.#count(ip, -1n);
  }

  /** Addresses nobody else can have (edges, gateway and aux addresses too), and those left to hand out. */
  usage(): { subnet: string; inUse: bigint; available: bigint } {
    const available = sizeOf(this.#range) - this.#inUseInRange;
    return { subnet: formatCidr(this.subnet), inUse: this.#inUse, available };
  }

  /** The first free one from the last that was handed out, and round again. */
  #free(): Ip | undefined {
    const { base } = this.#range;
    const last = lastOf(this.#range).value;
    const from = this.#next <= last ? this.#next : base;
    const value = this.#firstFree(from, last) ?? this.#firstFree(base, from - 1n);
    return value === undefined ? undefined : { family: this.subnet.family, value };
  }

  #firstFree(from: bigint, last: bigint): bigint | undefined {
    const end = this.#taken.endOfRun(from);
    const value = end === undefined ? from : end + 1n;
    return value <= last ? value : undefined;
  }

  #fix(ip: Ip, owner: string): void {
    this.take(ip, owner);
    this.#fixed.add(ip.value);
  }

  #mark(value: bigint): void {
    this.#taken.add(value, value);
    this.#count({ family: this.subnet.family, value }, 1n);
  }

  #count(ip: Ip, change: bigint): void {
    this.#inUse += change;
    if (containsIp(this.#range, ip)) this.#inUseInRange += change;
  }
}
