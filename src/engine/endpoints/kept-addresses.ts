import type { Rollback } from "../../base/rollback.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { hasOwnPools, isLeased, isRemoteIpam, isShared, type Network } from "../../model/network.ts";
import type { Parts } from "../parts.ts";
import { avoidDuplicates } from "./duplicates.ts";
import { wantedFamilies } from "./families.ts";
import { reserveAddress } from "./reserve-address.ts";

const bare = (address: string | undefined) => address?.split("/")[0];

/** Whether endpoints of a network may be without an address for a while: where this host alone gives them. */
function yields({ drivers }: Parts, network: Network): boolean {
  const others = isShared(network) || isLeased(network) || isRemoteIpam(network) || network.ipamDriver === "null";
  const driver = drivers.find(network.driver);
  return driver.addressed && !others && hasOwnPools(network, driver);
}

const holderOf = ({ state }: Parts, network: Network, address: string): Endpoint | undefined =>
  state.endpointsOn(network.id).find(({ ipv4, ipv6 }) => [ipv4, ipv6].some((each) => bare(each) === address));

/** An address that an endpoint asks for by name. */
interface Wanted {
  readonly network: Network;
  readonly endpoint: Endpoint;
  readonly address: string;
}

/**
 * Whether an address that a container which does not run asks for by name has to wait for its start: another one runs with
 * it. Compose 2 makes a container anew while the old one runs, and Docker looks at addresses at a start only.
 */
export function mustWait(parts: Parts, { network, endpoint, address }: Wanted): boolean {
  const { sandboxes } = parts;
  const holder = sandboxes.get(endpoint.containerId) ? undefined : holderOf(parts, network, address);
  return holder !== undefined && yields(parts, network) && sandboxes.get(holder.containerId) !== undefined;
}

/**
 * An address that is only kept for a container that does not run gives way to whoever asks for it by name: Docker keeps
 * none, and Compose, which makes a container anew before it removes the old one, counts on that. The other gets an address
 * again when it starts. Under the lock of the network.
 */
export function takeKept(parts: Parts, { network, address }: Omit<Wanted, "endpoint">, rollback: Rollback): void {
  const { state, sandboxes, ipam } = parts;
  const [family, key] = address.includes(":") ? ([6, "ipv6"] as const) : ([4, "ipv4"] as const);
  const holder = holderOf(parts, network, address);
  if (!holder || !yields(parts, network) || sandboxes.get(holder.containerId)) return;
  const { [key]: _given, ...without } = holder;
  const owner = `container ${state.containers.get(holder.containerId)?.name ?? holder.containerId}`;
  rollback.onFailure(`address ${address} of ${owner}`, () => ipam.reserve(network.id, { family, address, owner }));
  ipam.release(network.id, address);
  const put = (value: Endpoint) => state.commit([{ put: "endpoint", id: value.id, value }]);
  rollback.onFailure(`record of ${owner}'s endpoint`, () => put(holder));
  put(without);
}

/**
 * Before a sandbox is opened: addresses for the endpoints that have given theirs up. What the user wanted by name is
 * reserved again or refused. Under the locks of the container's networks.
 */
export async function regainAddresses(parts: Parts, container: Container, rollback: Rollback): Promise<void> {
  const { state } = parts;
  const before: Endpoint[] = [];
  const after: Endpoint[] = [];
  for (const endpoint of state.endpointsOf(container.id)) {
    const network = state.networks.get(endpoint.networkId);
    if (!network || !yields(parts, network)) continue;
    const { settings } = endpoint;
    const wanted = wantedFamilies(network, container, settings);
    if (!lacks(wanted, endpoint)) continue;
    const place = { network, endpoint, owner: container.name };
    const reserve = (family: 4 | 6, address: string | undefined) => {
      if (address) takeKept(parts, { network, address }, rollback);
      return reserveAddress(parts, place, { family, address }, rollback);
    };
    const ipv4 = endpoint.ipv4 ?? (wanted.ipv4 ? await reserve(4, settings.ipv4) : undefined);
    const ipv6 = endpoint.ipv6 ?? (wanted.ipv6 ? await reserve(6, settings.ipv6) : undefined);
    const addressed = { ...endpoint, ...(ipv4 ? { ipv4 } : {}), ...(ipv6 ? { ipv6 } : {}) };
    before.push(endpoint);
    after.push(await avoidDuplicates(parts, { network, container, endpoint: addressed }, rollback));
  }
  if (after.length === 0) return;
  const put = (list: readonly Endpoint[]) =>
    state.commit(list.map((value) => ({ put: "endpoint", id: value.id, value }) as const));
  rollback.onFailure("records of addresses", () => put(before));
  put(after);
}

const lacks = (wanted: Pick<Network, "ipv4" | "ipv6">, { ipv4, ipv6 }: Endpoint): boolean =>
  (wanted.ipv4 && !ipv4) || (wanted.ipv6 && !ipv6);
