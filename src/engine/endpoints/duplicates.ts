import { EngineError } from "../../base/errors.ts";
import { KernelError } from "../../base/kernel-error.ts";
import type { Rollback } from "../../base/rollback.ts";
import { hostNetns } from "../../contracts/kernel.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { isLeased, type Network } from "../../model/network.ts";
import type { Parts } from "../parts.ts";

/** How many addresses in a row may be somebody else's before a start gives up. */
const mostTaken = 16;

const bare = (address: string | undefined) => address?.split("/")[0];

/**
 * The endpoint with addresses that nobody else on its LAN has, before they are used: one that we chose gives way to the
 * next free one, one that the user wants is refused with ADDRESS_DUPLICATE. What cannot be asked (no LAN, detection off,
 * no such link now) is taken as it is. The store is the caller's.
 */
export async function avoidDuplicates(
  parts: Parts,
  place: { network: Network; container: Container; endpoint: Endpoint },
  rollback: Rollback,
): Promise<Endpoint> {
  const { network, container } = place;
  const lan = parts.drivers.find(network.driver).lan?.(network);
  if (!lan?.detectDuplicates || isLeased(network)) return place.endpoint;
  let { endpoint } = place;
  for (let count = 0; ; count++) {
    const addresses = [endpoint.ipv4, endpoint.ipv6].flatMap((address) => bare(address) ?? []);
    const found = addresses.length > 0 ? await ask(parts, lan.link, addresses) : new Map<string, string>();
    if (found.size === 0) return endpoint;
    for (const [address, mac] of found) {
      const { settings } = endpoint;
      const wanted = [settings.ipv4, settings.ipv6].includes(address);
      if (wanted || count >= mostTaken)
        throw new EngineError("ADDRESS_DUPLICATE", { address, network: network.name, mac });
      parts.log.warn(
        { address, mac, network: network.name, container: container.name },
        "somebody on the LAN has the address chosen for a container: it gets the next one",
      );
      endpoint = withNext(parts, { network, container, endpoint }, address, rollback);
    }
  }
}

/** The parent may be gone or down: then there is nobody to ask, and the driver says what is wrong. */
async function ask({ kernel }: Parts, link: string, addresses: readonly string[]): Promise<Map<string, string>> {
  try {
    return await kernel.probeAddresses({ netns: hostNetns, link }, addresses);
  } catch (error) {
    if (error instanceof KernelError && ["ENODEV", "ENXIO"].includes(error.errno)) return new Map();
    throw error;
  }
}

/** The next free address first, then the old one is given back: it would come next otherwise. */
function withNext(
  { ipam }: Parts,
  { network, container, endpoint }: { network: Network; container: Container; endpoint: Endpoint },
  taken: string,
  rollback: Rollback,
): Endpoint {
  const family = taken.includes(":") ? 6 : 4;
  const owner = `container ${container.name}`;
  const next = ipam.reserve(network.id, { family, owner });
  rollback.onFailure(`address ${taken}`, () => ipam.reserve(network.id, { family, address: taken, owner }));
  ipam.release(network.id, taken);
  rollback.onFailure(`address ${next}`, () => ipam.release(network.id, next));
  return { ...endpoint, ...(family === 4 ? { ipv4: next } : { ipv6: next }) };
}

/** Before a sandbox is opened: all endpoints of a container. What changes is stored, and put back on failure. */
export async function avoidDuplicatesOf(parts: Parts, container: Container, rollback: Rollback): Promise<void> {
  const { state } = parts;
  const put = (list: readonly Endpoint[]) =>
    list.length > 0 && state.commit(list.map((value) => ({ put: "endpoint", id: value.id, value }) as const));
  const before = state.endpointsOf(container.id);
  const after = await Promise.all(
    before.map((endpoint) => {
      const network = state.networks.get(endpoint.networkId);
      return network ? avoidDuplicates(parts, { network, container, endpoint }, rollback) : endpoint;
    }),
  );
  const changed = after.filter(
    (endpoint, index) => endpoint !== before[index] && state.networks.has(endpoint.networkId),
  );
  rollback.onFailure("records of addresses", () =>
    put(before.filter(({ id, networkId }) => changed.some((each) => each.id === id) && state.networks.has(networkId))),
  );
  put(changed);
}
