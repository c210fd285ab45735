import { EngineError } from "../../base/errors.ts";
import { newId, randomMac } from "../../base/ids.ts";
import type { Rollback } from "../../base/rollback.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint, EndpointSettings } from "../../model/endpoint.ts";
import { isRemoteIpam, type Network } from "../../model/network.ts";
import { wantedFamilies } from "../endpoints/families.ts";
import { checkSettings } from "../endpoints/settings.ts";
import type { Parts } from "../parts.ts";
import { remotePoolOf } from "./remote-ipam.ts";
import { releaseAddress } from "./remote-pools.ts";

/** What an IPAM plugin gave to an endpoint that is to be. */
export type Prepared = Pick<Endpoint, "id" | "ipv4" | "ipv6" | "mac">;

type AddressParts = Pick<Parts, "claims" | "remoteIpam">;

export const addressClaims = (endpointId: string): string[] => [`address/${endpointId}/4`, `address/${endpointId}/6`];

/**
 * Addresses of a new endpoint, where an IPAM plugin gives them; asked for before any lock is taken, for a plugin may take
 * its time. Undefined for all other networks.
 */
export async function prepareAddresses(
  parts: AddressParts,
  place: { network: Network; container: Container; settings: EndpointSettings },
  rollback: Rollback,
): Promise<Prepared | undefined> {
  const { network, container } = place;
  if (!isRemoteIpam(network)) return undefined;
  const settings = checkSettings(network, place.settings);
  const id = newId();
  rollback.onFailure(`addresses of ${container.name} on ${network.name}`, () =>
    parts.claims.giveBack(...addressClaims(id)),
  );
  const mac = settings.mac ?? ((await parts.remoteIpam.wantsMac(network.ipamDriver)) ? randomMac() : undefined);
  const ask = (family: 4 | 6, address: string | undefined) =>
    requestAddress(parts, { network, container, endpointId: id, family, address, mac });
  const wanted = wantedFamilies(network, container, settings);
  const ipv4 = wanted.ipv4 ? await ask(4, settings.ipv4) : undefined;
  const ipv6 = wanted.ipv6 ? await ask(6, settings.ipv6) : undefined;
  return { id, ...(ipv4 ? { ipv4 } : {}), ...(ipv6 ? { ipv6 } : {}), ...(mac ? { mac } : {}) };
}

async function requestAddress(
  { claims, remoteIpam }: AddressParts,
  what: {
    network: Network;
    container: Container;
    endpointId: string;
    family: 4 | 6;
    address: string | undefined;
    mac: string | undefined;
  },
): Promise<string | undefined> {
  const { network, container, endpointId, family, address, mac } = what;
  const pool = remotePoolOf(network, family);
  if (!pool?.remote) return undefined;
  const poolId = pool.remote.id;
  const claim = {
    id: `address/${endpointId}/${family}`,
    plugin: network.ipamDriver,
    owner: endpointId,
    what: `IPv${family} address of ${container.name} on ${network.name}`,
  };
  claims.write({ ...claim, undo: address ? [releaseAddress(poolId, address)] : [] });
  try {
    const got = await remoteIpam.requestAddress(network.ipamDriver, poolId, { address, mac });
    claims.write({ ...claim, undo: [releaseAddress(poolId, got.split("/")[0] ?? "")] });
    return got;
  } catch (error) {
    if (error instanceof EngineError && error.code === "PLUGIN_FAILED") claims.drop(claim.id);
    throw error;
  }
}
