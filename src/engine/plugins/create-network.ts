import { EngineError, invalid } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { Rollback } from "../../base/rollback.ts";
import type { Driver } from "../../contracts/driver.ts";
import { isRemoteIpam, isShared, type Network, type Pool } from "../../model/network.ts";
import type { NetworkRequest } from "../engine.ts";
import { findConfig, withConfig } from "../networks/config-from.ts";
import { enterNetwork, networkOf, refuseTakenName } from "../networks/create.ts";
import { withDefaultOptions } from "../networks/default-options.ts";
import { machineFor } from "../networks/host-links.ts";
import { reservePools } from "../networks/pools.ts";
import { validateName, validateRequest } from "../networks/validate.ts";
import type { Parts } from "../parts.ts";
import { createAtPlugin, gatewayFamilies, openNetworkDriver } from "./remote-networks.ts";
import { requestPools } from "./remote-pools.ts";

/** Whether a request names a driver or IPAM driver that is not built in, itself or through its configuration. */
export function wantsPlugins({ drivers, state }: Pick<Parts, "drivers" | "state">, request: NetworkRequest): boolean {
  if (request.configOnly) return false;
  const config = request.configFrom ? findConfig(state, request.configFrom) : undefined;
  return !drivers.isBuiltIn(request.driver) || isRemoteIpam(config ?? request);
}

/**
 * Makes a network that plugins have a part in. They are asked before any lock is taken, since they take their time; what
 * they gave is given back if anything fails afterwards.
 */
export async function createWithPlugins(parts: Parts, request: NetworkRequest): Promise<Network> {
  validateName(request.name);
  refuseTakenName(parts, request.name);
  const asked = request.configFrom ? withConfig(request, findConfig(parts.state, request.configFrom)) : request;
  const driver = parts.drivers.find(asked.driver);
  if (driver.remote && !parts.plugins.isInstalled(driver.type))
    throw new EngineError("DRIVER_NOT_FOUND", {
      driver: driver.type,
      known: [...parts.drivers.all().map(({ type }) => type), ...parts.plugins.networkDrivers()],
    });
  const full = withDefaultOptions(parts, asked, driver.type);
  const draft = check(parts, full, driver);
  await using rollback = new Rollback();
  const capabilities = driver.remote ? await openNetworkDriver(parts, driver.type) : { checksGateways: false };
  const gateways = await gatewayFamilies(parts, draft, capabilities);
  const pools = await poolsOf(parts, draft, { request: full, gateways }, rollback);
  const network = { ...draft, pools };
  if (driver.remote) await createAtPlugin(parts, network, rollback);
  const entered = await enterNetwork(parts, network);
  rollback.commit();
  parts.nodeNews.follow();
  return entered;
}

/** All that can be refused without a plugin. */
function check(parts: Parts, request: NetworkRequest, driver: Driver): Network {
  validateRequest(request, driver);
  const draft = networkOf(parts, request, newId(), driver);
  driver.validateNetwork(draft);
  const refuse = (why: string) => new EngineError("NETWORK_REFUSED", { network: draft.name, why });
  if (isShared(draft))
    throw refuse(`networks of driver ${driver.type} have the cluster's addresses, and take no other IPAM driver`);
  if (request.ipamDriver === "dhcp") throw refuse("ipam driver dhcp needs a network of driver macvlan");
  if (request.ipamDriver === "null" && request.ipv6)
    throw invalid("EnableIPv6", "the null IPAM driver has no IPv6 pools");
  if (!driver.remote && (driver.hostFamilies?.(draft) ?? []).length > 0)
    throw refuse("an address of the host's own is to be had of the default IPAM driver only");
  return driver.prepareNetwork?.(draft, machineFor(parts)) ?? draft;
}

/** From the plugin, of our own, or none at all. */
async function poolsOf(
  parts: Parts,
  network: Network,
  place: { request: NetworkRequest; gateways: readonly (4 | 6)[] },
  rollback: Rollback,
): Promise<Pool[]> {
  if (network.ipamDriver === "null") return [];
  const { request, gateways } = place;
  if (!isRemoteIpam(network)) return reservePools(parts, network.id, { ...request, gateways }, rollback);
  const pools = await requestPools(parts, network, place, rollback);
  if (parts.drivers.find(network.driver).remote) return pools;
  // Our own drivers route between their networks: two with the same addresses cannot be.
  rollback.onFailure("address pools", () => parts.ipam.removeNetwork(network.id));
  for (const pool of pools) parts.ipam.addPool(network.id, asRequest(pool), []);
  return pools;
}

const asRequest = ({ subnet, range, gateway, aux }: Pool) => ({
  ...{ family: subnet.includes(":") ? (6 as const) : (4 as const), subnet, aux, wantsGateway: gateway !== undefined },
  ...(range ? { range } : {}),
  ...(gateway ? { gateway } : {}),
});
