import { type Cidr, containsIp, networkOfAddress } from "../base/cidr.ts";
import type { Ip } from "../base/ip.ts";
import type { ResolverConfig, Upstream } from "../contracts/names.ts";
import { nameKey } from "./wire/name.ts";
import type { Zone } from "./zone.ts";

interface SeenNetwork {
  readonly id: string;
  /** Key of the network's name; undefined when it has no wire form. */
  readonly key: string | undefined;
  readonly name: string;
}

/** What one sandbox sees of the zone. */
export interface View {
  readonly zone: Zone;
  readonly networks: readonly SeenNetwork[];
  readonly ranges: readonly Cidr[];
  /** Key of a link's alias to key of the name it stands for. */
  readonly links: ReadonlyMap<string, string>;
  readonly forward: boolean;
}

/** The resolver itself is no upstream: asking it would never end. */
const OURSELVES = "127.0.0.11";

export function makeView(zone: Zone, config: ResolverConfig): View {
  return {
    zone,
    networks: config.networks.map(({ id, name }) => ({ id, name, key: nameKey(name) })),
    ranges: config.networks.flatMap(({ subnets = [] }) => subnets.map(networkOfAddress)),
    links: new Map(
      Object.entries(config.links).flatMap(([alias, name]) => {
        const [from, to] = [nameKey(alias), nameKey(name)];
        return from === undefined || to === undefined ? [] : [[from, to] as const];
      }),
    ),
    forward: config.forward,
  };
}

export const usableUpstreams = (config: ResolverConfig): readonly Upstream[] =>
  config.upstreams.filter(({ address }) => address !== OURSELVES);

export const isOwnRange = (view: View, address: Ip): boolean => view.ranges.some((range) => containsIp(range, address));
