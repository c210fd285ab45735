import { EngineError, invalid } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { Rollback } from "../../base/rollback.ts";

import type { Driver } from "../../contracts/driver.ts";
import { isShared, type Network } from "../../model/network.ts";

import type { NetworkRequest } from "../engine.ts";
import { equipHost } from "../host.ts";
import type { Parts } from "../parts.ts";
import { shareNetwork } from "../shared/create.ts";
import { timestamp } from "../timestamp.ts";
import { findConfig, withConfig } from "./config-from.ts";
import { withDefaultOptions } from "./default-options.ts";
import { machineFor, warningOf } from "./host-links.ts";
import { makeNetwork } from "./make.ts";
import { checkPools, reserveHostAddresses, reservePools } from "./pools.ts";
import { refuseWithoutLan, validateAddressing, validateName, validateRequest } from "./validate.ts";

/** All changes to the list of networks take this lock: names and pools are checked and taken in one go. */
export const networksLock = "networks";

const mtuOption = "com.docker.network.driver.mtu";

/** Makes a network. On failure the host is left as it was found. */
export async function createNetwork(parts: Parts, request: NetworkRequest): Promise<{ id: string; warning: string }> {
  await using _lock = await parts.locks.hold(networksLock);
  using _pass = await parts.gate.shared();
  validateName(request.name);
  refuseTakenName(parts, request.name);
  const full = request.configFrom ? withConfig(request, findConfig(parts.state, request.configFrom)) : request;
  await using rollback = new Rollback();
  const network = full.configOnly ? configNetwork(parts, full) : await buildNetwork(parts, full, newId(), rollback);
  parts.state.commit([{ put: "network", id: network.id, value: network }]);
  rollback.commit();
  tellCreated(parts, network);
  return { id: network.id, warning: network.configOnly ? "" : warningOf(parts, network) };
}

/** Makes a network that plugins have given their part of, and enters it: the commit point. */
export async function enterNetwork(parts: Parts, network: Network): Promise<Network> {
  await using _lock = await parts.locks.hold(networksLock);
  using _pass = await parts.gate.shared();
  refuseTakenName(parts, network.name);
  await using rollback = new Rollback();
  makeNetwork(parts, network, rollback);
  parts.state.commit([{ put: "network", id: network.id, value: network }]);
  rollback.commit();
  tellCreated(parts, network);
  return network;
}

function tellCreated(parts: Parts, network: Network): void {
  if (network.ipv6 && !isShared(network)) equipHost(parts); // the first one brings an address
  parts.events.emit("network", "create", { id: network.id, attributes: { name: network.name, type: network.driver } });
}

/** Reserves pools and makes kernel objects and firewall elements; everything but the store. */
async function buildNetwork(parts: Parts, asked: NetworkRequest, id: string, rollback: Rollback): Promise<Network> {
  const driver = parts.drivers.find(asked.driver);
  const request = withDefaultOptions(parts, asked, driver.type);
  validateRequest(request, driver);
  const draft = networkOf(parts, request, id, driver);
  driver.validateNetwork(draft);
  parts.tunnel.refuse(draft);
  refuseWithoutLan(draft, driver);
  if (isShared(driver)) return shareNetwork(parts, draft, request, rollback);
  const prepared = driver.prepareNetwork?.(draft, machineFor(parts)) ?? draft;
  const gateways = driver.gatewayFamilies?.(prepared) ?? [4, 6];
  const pools = driver.addressed ? reservePools(parts, id, { ...request, gateways }, rollback) : [];
  const network = { ...prepared, pools: reserveHostAddresses(parts, id, pools, driver.hostFamilies?.(prepared) ?? []) };
  makeNetwork(parts, network, rollback);
  return network;
}

export function refuseTakenName(parts: Parts, name: string): void {
  if (parts.state.networkNamed(name)) throw new EngineError("NETWORK_EXISTS", { network: name });
}

export function networkOf(parts: Parts, request: NetworkRequest, id: string, driver: Driver): Network {
  return {
    ...base(request, id),
    driver: driver.type,
    scope: driver.scope,
    internal: request.internal,
    attachable: request.attachable,
    ipv4: driver.addressed && request.ipv4,
    ipv6: driver.addressed && request.ipv6,
    pools: [],
    userSubnets: request.pools.some((pool) => pool.subnet !== undefined),
    options: request.options,
    mtu: mtuOf(parts, request.options, driver),
  };
}

/** A set of settings for others to copy (docker: --config-only): nothing is built. */
function configNetwork(parts: Parts, request: NetworkRequest): Network {
  validateAddressing(request);
  checkPools(parts, request);
  return {
    ...base(request, newId()),
    driver: "null",
    scope: "local",
    internal: request.internal,
    attachable: request.attachable,
    ipv4: request.ipv4,
    ipv6: request.ipv6,
    pools: request.pools.map((pool) => ({ ...pool, subnet: pool.subnet ?? "" })),
    userSubnets: request.pools.length > 0,
    options: request.options,
    mtu: 0,
  };
}

const base = (request: NetworkRequest, id: string) => ({
  id,
  name: request.name,
  created: timestamp(),
  ipamDriver: request.ipamDriver || "default",
  ipamOptions: request.ipamOptions,
  ...(request.noIpamOptions ? { noIpamOptions: request.noIpamOptions } : {}),
  labels: request.labels,
  configOnly: request.configOnly,
  builtIn: false,
  ...(request.configFrom ? { configFrom: request.configFrom } : {}),
});

/** As asked for; else the uplink's, so that a VPN or a cloud's small MTU needs no option; else Ethernet's. */
function mtuOf(parts: Parts, options: NetworkRequest["options"], driver: Driver): number {
  const text = options[mtuOption];
  if (text === undefined || text === "" || text === "0") {
    const underlay = parts.cluster.underlay();
    const carried = isShared(driver) ? underlay?.mtu : undefined;
    return (carried ?? parts.kernel.uplink()?.mtu ?? 1500) - (driver.overhead?.(options, underlay) ?? 0);
  }
  const mtu = Number(text);
  // ETH_MIN_MTU and ETH_MAX_MTU, include/uapi/linux/if_ether.h
  if (Number.isInteger(mtu) && mtu >= 68 && mtu <= 65535) return mtu;
  throw invalid(`option "${mtuOption}"`, `"${text}" is no MTU: a number of bytes from 68 to 65535`);
}
