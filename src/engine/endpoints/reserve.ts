import { EngineError, invalid } from "../../base/errors.ts";
import { macOfIpv4, newId, randomMac, shortId } from "../../base/ids.ts";
import type { Rollback } from "../../base/rollback.ts";
import type { Driver } from "../../contracts/driver.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint, EndpointSettings } from "../../model/endpoint.ts";
import { hasOwnPools, isLeased, isRemoteIpam, isShared, type Network } from "../../model/network.ts";
import type { Parts } from "../parts.ts";
import { addressClaims, type Prepared } from "../plugins/remote-addresses.ts";
import { clashOf } from "../shared/clashes.ts";
import { wantedFamilies } from "./families.ts";
import { mustWait, takeKept } from "./kept-addresses.ts";
import { releaseAddress, reserveAddress } from "./reserve-address.ts";
import { checkSettings } from "./settings.ts";

/**
 * A new endpoint with its addresses, MAC and interface name, for good: they stay with the container until it
 * disconnects or is removed, or somebody asks for an address by name while it does not run. One asked for by name with
 * which another container runs is left to the start. `beside`: the container's other endpoints. Under the lock of the
 * network.
 */
export async function reserveEndpoint(
  parts: Parts,
  place: {
    network: Network;
    container: Container;
    settings: EndpointSettings;
    beside: readonly Endpoint[];
    /** What an IPAM plugin gave it already. */
    prepared?: Prepared | undefined;
    /** Nobody knows it by a name. */
    leg?: boolean | undefined;
    /** By a connect, not with its container. */
    connected?: boolean;
  },
  rollback: Rollback,
): Promise<Endpoint> {
  const { network, container, beside, prepared, leg, connected } = place;
  if (beside.some(({ networkId }) => networkId === network.id)) {
    throw new EngineError("ENDPOINT_EXISTS", { container: container.name, network: network.name });
  }
  const settings = checkSettings(network, place.settings);
  const driver = parts.drivers.find(network.driver);
  const draft: Endpoint = {
    id: prepared?.id ?? newId(),
    networkId: network.id,
    containerId: container.id,
    settings,
    dnsNames: leg ? [] : dnsNames(container, settings),
    ...(leg ? { leg } : {}),
    ...(connected ? { connected } : {}),
    ...(driver.addressed
      ? {
          ifName: interfaceName(network, settings, beside),
          ...(prepared?.mac ? { mac: prepared.mac } : macOf(driver, network, settings)),
        }
      : {}),
  };
  driver.validateEndpoint(network, draft);
  if (!driver.addressed) return draft;
  const addresses = prepared
    ? noted(parts, { network, prepared, owner: container.name }, rollback)
    : await reserveAddresses(parts, network, draft, container, rollback);
  return { ...draft, ...addresses, ...lastingMac(network, settings, addresses.ipv4) };
}

/**
 * On a network of the cluster an address keeps its MAC whoever has it: neighbours on all hosts have the pair in their
 * caches for a while after its owner has gone, and nobody could tell them of another.
 */
function lastingMac(network: Network, { mac }: EndpointSettings, ipv4: string | undefined): Pick<Endpoint, "mac"> {
  return isShared(network) && !mac && ipv4 ? { mac: macOfIpv4(ipv4.split("/")[0] ?? "") } : {};
}

/** None of our choice where endpoints have their parent's or a plugin's; the driver refuses one that cannot be had. */
function macOf(driver: Driver, network: Network, { mac }: EndpointSettings): Pick<Endpoint, "mac"> {
  if (mac) return { mac };
  return driver.hasMacs?.(network) === false ? {} : { mac: randomMac() };
}

/** Addresses of an IPAM plugin. On networks of our own they are noted, so that no two endpoints have the same. */
function noted(
  parts: Parts,
  { network, prepared, owner }: { network: Network; prepared: Prepared; owner: string },
  rollback: Rollback,
): Pick<Endpoint, "ipv4" | "ipv6"> {
  const { ipv4, ipv6 } = prepared;
  if (hasOwnPools(network, parts.drivers.find(network.driver)))
    for (const given of [ipv4, ipv6]) {
      const address = given?.split("/")[0];
      if (!address) continue;
      parts.ipam.reserve(network.id, { family: address.includes(":") ? 6 : 4, address, owner: `container ${owner}` });
      rollback.onFailure(`note of ${address}`, () => parts.ipam.release(network.id, address));
    }
  return { ...(ipv4 ? { ipv4 } : {}), ...(ipv6 ? { ipv6 } : {}) };
}

/** Container name, aliases, short id, hostname: what DNS answers, each once; the first is the name PTR gives. */
export function dnsNames(container: Container, settings: EndpointSettings): string[] {
  return [...new Set([container.name, ...settings.aliases, shortId(container.id), container.config.hostname])].filter(
    (name) => name !== "",
  );
}

async function reserveAddresses(
  parts: Parts,
  network: Network,
  endpoint: Endpoint,
  container: Container,
  rollback: Rollback,
) {
  const { settings } = endpoint;
  refuseClash(parts, network);
  parts.tunnel.refuse(network);
  const reserve = async (family: 4 | 6, address: string | undefined) => {
    if (address && mustWait(parts, { network, endpoint, address })) return undefined;
    if (address) takeKept(parts, { network, address }, rollback);
    return reserveAddress(parts, { network, endpoint, owner: container.name }, { family, address }, rollback);
  };
  if (settings.ipv4 && !network.ipv4) throw invalid("IPv4Address", `network ${network.name} has no IPv4`);
  if (settings.ipv6 && !network.ipv6)
    throw invalid("IPv6Address", `network ${network.name} has no IPv6; create it with --ipv6`);
  if (isLeased(network) || network.ipamDriver === "null") return {};
  const wanted = wantedFamilies(network, container, settings);
  const ipv4 = wanted.ipv4 ? await reserve(4, settings.ipv4) : undefined;
  const ipv6 = wanted.ipv6 ? await reserve(6, settings.ipv6) : undefined;
  return { ...(ipv4 ? { ipv4 } : {}), ...(ipv6 ? { ipv6 } : {}) };
}

/** A network of the cluster whose subnet this host has in use for something else. */
function refuseClash(parts: Parts, network: Network): void {
  const why = isShared(network) ? clashOf(parts, network) : undefined;
  if (why !== undefined)
    throw new EngineError("NETWORK_REFUSED", { network: network.name, why: `on this host, ${why}` });
}

/** As asked for, or the lowest free eth<N> (the prefix is the network's choice). Kept from then on. */
function interfaceName(network: Network, settings: EndpointSettings, beside: readonly Endpoint[]): string {
  const taken = new Set(beside.map(({ ifName }) => ifName));
  const { ifName } = settings;
  if (ifName !== undefined && taken.has(ifName))
    throw invalid("interface name", `"${ifName}" is taken by another network of the container`);
  if (ifName !== undefined) return ifName;
  const prefix = network.options["com.docker.network.container_iface_prefix"] || "eth";
  for (let n = 0; ; n++) if (!taken.has(`${prefix}${n}`)) return `${prefix}${n}`;
}

/** Gives the addresses back. Idempotent. */
export function releaseEndpoint(parts: Parts, endpoint: Endpoint): void {
  const network = parts.state.networks.get(endpoint.networkId);
  if (!network) return; // its addresses went with it
  for (const address of [endpoint.ipv4, endpoint.ipv6]) if (address) releaseAddress(parts, network, address);
  // Whoever removes a network afterwards waits for it: a plugin is told one thing after the other.
  if (isRemoteIpam(network)) void parts.claims.giveBack(...addressClaims(endpoint.id));
}
