import { type Cidr, cidrOf, containsIp, lastOf, sizeOf } from "../base/cidr.ts";
import { bitsOf, type Family, type Ip, ipOf } from "../base/ip.ts";
import type { Pool } from "../model/network.ts";

/** IPv6 pools are larger than any number of containers: only their first 2^32 addresses are cut into slots. */
const usedBits = 32;
const largestSlotBits = 8;

/** How a pool of addresses is cut into slots, and which of its addresses nobody gets. */
export class PoolSlots {
  readonly subnet: Cidr;
  /** Dynamic addresses come from here only (docker: --ip-range). */
  readonly region: Cidr;
  /** A slot has 2^bits addresses. */
  readonly bits: number;
  readonly #kept: ReadonlySet<bigint>;

  constructor(pool: Pool) {
    this.subnet = cidrOf(pool.subnet);
    this.region = firstAddresses(pool.range ? cidrOf(pool.range) : this.subnet);
    this.bits = slotBits(this.subnet);
    const named = [...(pool.gateway ? [pool.gateway] : []), ...Object.values(pool.aux)].map((text) => ipOf(text).value);
    this.#kept = new Set([...named, ...edges(this.subnet)]);
  }

  get family(): Family {
    return this.subnet.family;
  }

  /** Slots that dynamic addresses come from. */
  get count(): number {
    const size = sizeOf(this.region);
    return Number(size >> BigInt(this.bits)) || 1;
  }

  /** First address of the slot that an address is in: its name. */
  slotOf = (value: bigint): bigint => (value >> BigInt(this.bits)) << BigInt(this.bits);

  /** Addresses of a slot that can be handed out, ascending. `anywhere`: outside the dynamic region, too. */
  addressesOf(slot: bigint, anywhere = false): bigint[] {
    return Array.from({ length: 1 << this.bits }, (_, index) => slot + BigInt(index)).filter((value) =>
      this.takes(value, anywhere ? this.subnet : this.region),
    );
  }

  /** First addresses of all slots of the region, ascending. */
  *all(): Iterable<bigint> {
    const last = lastOf(this.region).value;
    for (let slot = this.slotOf(this.region.base); slot <= last; slot += 1n << BigInt(this.bits)) yield slot;
  }

  /** Whether an address can be an endpoint's: inside, and neither gateway, aux address nor an edge. */
  takes(value: bigint, within: Cidr = this.subnet): boolean {
    return !this.#kept.has(value) && containsIp(within, this.ip(value));
  }

  ip = (value: bigint): Ip => ({ family: this.family, value });
}

/** /29 in a /24, /28 in a /20, /26 in a /16: three eighths of the host part, so that many hosts share a small pool. */
function slotBits(subnet: Cidr): number {
  const hostBits = bitsOf(subnet.family) - subnet.prefixLength;
  return hostBits < 6 ? 0 : Math.min(largestSlotBits, Math.floor((hostBits * 3) / 8));
}

function firstAddresses(block: Cidr): Cidr {
  const prefixLength = Math.max(block.prefixLength, bitsOf(block.family) - usedBits);
  return { ...block, prefixLength };
}

/** Network and broadcast address; of an IPv6 subnet the anycast address of its routers (RFC 4291, section 2.6.1). */
function edges(subnet: Cidr): bigint[] {
  const hostBits = bitsOf(subnet.family) - subnet.prefixLength;
  if (hostBits < 2) return [];
  return subnet.family === 4 ? [subnet.base, lastOf(subnet).value] : [subnet.base];
}
