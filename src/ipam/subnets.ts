import { type Cidr, cidrOf, formatCidr, lastOf, overlaps, parseCidr } from "../base/cidr.ts";
import { EngineError } from "../base/errors.ts";
import { bitsOf, type Family } from "../base/ip.ts";
import type { DefaultPool } from "./default-pools.ts";
import { IntervalSet } from "./interval-set.ts";

/** A block that a default subnet must keep clear of, and what it is: `route 10.0.0.0/8 dev tun0`. */
export interface Obstacle {
  readonly cidr: string;
  readonly name: string;
}

/** Which subnets are taken, by which network; and the choice of free ones from the default pools. */
export class Subnets {
  readonly #pools: readonly { readonly base: Cidr; readonly size: number }[];
  readonly #taken = { 4: new IntervalSet(), 6: new IntervalSet() };
  /** Subnet text to network id. */
  readonly #owners = new Map<string, string>();
  readonly #parsed = new Map<string, Cidr>();
  readonly #nameOf: (networkId: string) => string;

  constructor(pools: readonly DefaultPool[], nameOf: (networkId: string) => string) {
    this.#pools = pools.map(({ base, size }) => ({ base: cidrOf(base), size }));
    this.#nameOf = nameOf;
  }

  /** Throws SUBNET_OVERLAPS naming the network that has a part of it. */
  refuseTaken(subnet: Cidr): void {
    if (!this.#taken[subnet.family].meets(subnet.base, lastOf(subnet).value)) return;
    for (const [text, networkId] of this.#owners) {
      if (!overlaps(cidrOf(text), subnet)) continue;
      const other = `${text} of network ${this.#nameOf(networkId)}`;
      throw new EngineError("SUBNET_OVERLAPS", { subnet: formatCidr(subnet), other });
    }
  }

  take(subnet: Cidr, networkId: string): void {
    this.refuseTaken(subnet);
    this.#taken[subnet.family].add(subnet.base, lastOf(subnet).value);
    this.#owners.set(formatCidr(subnet), networkId);
  }

  release(subnet: Cidr): void {
    if (!this.#owners.delete(formatCidr(subnet))) return;
    this.#taken[subnet.family].remove(subnet.base, lastOf(subnet).value);
  }

  /** The first subnet of the default pools that meets no network and no obstacle. Throws POOLS_EXHAUSTED. */
  chooseFree(family: Family, inTheWay: readonly Obstacle[]): Cidr {
    const obstacles = this.#foreign(family, inTheWay);
    const blocked = union(obstacles.map(({ block }) => block));
    for (const pool of this.#pools) {
      const free = pool.base.family === family && firstGap(pool, [this.#taken[family], blocked]);
      if (free) return free;
    }
    throw new EngineError("POOLS_EXHAUSTED", { family: `IPv${family}`, inTheWay: this.#summary(family, obstacles) });
  }

  /** Obstacles in the default pools that are no part of a network of ours: each of those has routes of its own. */
  #foreign(family: Family, inTheWay: readonly Obstacle[]): { block: Cidr; name: string }[] {
    const pools = this.#pools.filter(({ base }) => base.family === family);
    return inTheWay.flatMap(({ cidr, name }) => {
      const block = this.#parse(cidr);
      const matters =
        block?.family === family && pools.some(({ base }) => overlaps(base, block)) && !this.#isOurs(block);
      return matters ? [{ block, name }] : [];
    });
  }

  #isOurs(block: Cidr): boolean {
    const end = this.#taken[block.family].endOfRun(block.base);
    return end !== undefined && end >= lastOf(block).value;
  }

  /** The same thousands of routes come with every network that is made. */
  #parse(text: string): Cidr | undefined {
    const known = this.#parsed.get(text);
    if (known) return known;
    const block = parseCidr(text);
    if (this.#parsed.size > 50_000) this.#parsed.clear();
    if (block) this.#parsed.set(text, block);
    return block;
  }

  #summary(family: Family, obstacles: readonly { block: Cidr; name: string }[]): string {
    const pools = this.#pools.filter(({ base }) => base.family === family);
    if (pools.length === 0) return "there is no default pool of this family";
    const own = [...this.#owners.keys()].map(cidrOf);
    const networks = own.filter((subnet) => pools.some(({ base }) => overlaps(base, subnet))).length;
    const named = obstacles.slice(0, 5).map(({ name }) => name);
    const more = obstacles.length > 5 ? [`${obstacles.length - 5} more routes`] : [];
    return [`${networks} networks`, ...named, ...more].join(", ");
  }
}

/** First block of `size` bits in the pool that no set meets; every run of members is passed in one step. */
function firstGap({ base, size }: { base: Cidr; size: number }, sets: readonly IntervalSet[]): Cidr | undefined {
  const step = 1n << BigInt(bitsOf(base.family) - size);
  const end = lastOf(base).value;
  let candidate = base.base;
  while (candidate + step - 1n <= end) {
    const last = candidate + step - 1n;
    const ends = sets.map((set) => set.endOfMeeting(candidate, last)).filter((end) => end !== undefined);
    if (ends.length === 0) return { family: base.family, base: candidate, prefixLength: size };
    const [furthest = last] = ends.sort((left, right) => Number(right - left));
    candidate = ((furthest - base.base) / step + 1n) * step + base.base;
  }
  return undefined;
}

/** The numbers of all blocks; of two that overlap, one contains the other. */
function union(blocks: readonly Cidr[]): IntervalSet {
  const set = new IntervalSet();
  for (const block of blocks.toSorted((left, right) => left.prefixLength - right.prefixLength)) {
    if (!set.has(block.base)) set.add(block.base, lastOf(block).value);
  }
  return set;
}
