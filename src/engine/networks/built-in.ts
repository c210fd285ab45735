import { formatCidr, networkOfAddress } from "../../base/cidr.ts";
import { invalid } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { Rollback } from "../../base/rollback.ts";
import { hostNetns } from "../../contracts/kernel.ts";
import type { Network } from "../../model/network.ts";
import type { NetworkRequest } from "../engine.ts";
import type { Parts } from "../parts.ts";
import { networkOf } from "./create.ts";
import { makeNetwork } from "./make.ts";
import { reservePools } from "./pools.ts";
import { tearDown } from "./remove.ts";

/** Daemon settings of the built-in network `bridge` (dockerd: --bip, --fixed-cidr, --mtu, --icc, ...). */
export interface BuiltInBridge {
  /** A bridge that exists already, "none" for no default network, "" for our own. */
  readonly name: string;
  /** Address of the bridge with its subnet, CIDR text. */
  readonly bip?: string;
  readonly bip6?: string;
  /** Sub-ranges that containers get addresses from. */
  readonly fixedCidr?: string;
  readonly fixedCidr6?: string;
  readonly gateway?: string;
  readonly gateway6?: string;
  /** Bytes. */
  readonly mtu?: number;
  readonly icc: boolean;
  readonly ipv6: boolean;
  readonly masquerade: boolean;
  /** Host address that published ports without an address of their own are bound to (dockerd: --ip). */
  readonly hostIp: string;
}

/** The three networks that are always there. A changed setting takes effect as soon as nothing uses `bridge`. */
export async function ensureBuiltIns(parts: Parts, bridge: BuiltInBridge): Promise<void> {
  await ensure(parts, request("host", "host", {}));
  await ensure(parts, request("none", "null", {}));
  if (bridge.name === "none") return dropBridge(parts);
  if (bridge.name !== "") refuseAbsent(parts, bridge.name);
  await ensure(parts, bridgeRequest(bridge));
}

/** As dockerd: with a misspelt name containers would be cut off from what the operator has prepared for them. */
function refuseAbsent({ kernel }: Parts, name: string): void {
  if (kernel.links(hostNetns).some((link) => link.name === name && link.kind === "bridge")) return;
  throw invalid("--bridge", `the host has no bridge "${name}"; make it first, or leave the option out`);
}

/** --bridge none: what an earlier daemon made goes, as soon as nothing uses it. */
async function dropBridge(parts: Parts): Promise<void> {
  const present = parts.state.networkNamed("bridge");
  if (!present) return;
  if (parts.state.endpointsOn(present.id).length === 0) return tearDown(parts, present);
  parts.log.warn({ network: present.name }, "the default network stays until no container uses it");
}

async function ensure(parts: Parts, wanted: NetworkRequest): Promise<void> {
  const present = parts.state.networkNamed(wanted.name);
  if (present && asWanted(present, wanted)) return;
  if (present && parts.state.endpointsOn(present.id).length > 0) {
    parts.log.warn({ network: wanted.name }, "changed settings of the default network wait until no container uses it");
    return;
  }
  if (present) await tearDown(parts, present);
  await using rollback = new Rollback();
  const driver = parts.drivers.find(wanted.driver);
  const draft: Network = {
    ...networkOf(parts, wanted, present?.id ?? newId(), driver),
    builtIn: true,
    userSubnets: false,
  };
  const network = { ...draft, pools: driver.addressed ? reservePools(parts, draft.id, wanted, rollback) : [] };
  makeNetwork(parts, network, rollback);
  parts.state.commit([{ put: "network", id: network.id, value: network }]);
  rollback.commit();
  if (network.ipv6) parts.kernel.repair(parts.hostObjects()); // the first one brings an address
}

function asWanted(present: Network, wanted: NetworkRequest): boolean {
  const sameOptions = JSON.stringify(present.options) === JSON.stringify(wanted.options);
  const samePools = wanted.pools.every((pool) =>
    present.pools.some(
      ({ subnet, gateway, range }) =>
        subnet === pool.subnet && gateway === (pool.gateway ?? gateway) && range === pool.range,
    ),
  );
  return sameOptions && samePools && (present.ipv6 === wanted.ipv6 || present.driver !== "bridge");
}

const request = (name: string, driver: string, options: Readonly<Record<string, string>>): NetworkRequest => ({
  ...{ name, driver, options, internal: false, attachable: false, ipv4: true, ipv6: false, ipamDriver: "default" },
  ...{ ipamOptions: {}, pools: [], labels: {}, configOnly: false },
});

function bridgeRequest(bridge: BuiltInBridge): NetworkRequest {
  const option = "com.docker.network.bridge";
  const options = {
    [`${option}.default_bridge`]: "true",
    [`${option}.enable_icc`]: String(bridge.icc),
    [`${option}.enable_ip_masquerade`]: String(bridge.masquerade),
    [`${option}.host_binding_ipv4`]: bridge.hostIp || "0.0.0.0",
    ...(bridge.name ? { [`${option}.name`]: bridge.name } : {}),
    ...(bridge.mtu ? { "com.docker.network.driver.mtu": String(bridge.mtu) } : {}),
  };
  const pools = [
    ...poolOf(bridge.bip, bridge.fixedCidr, bridge.gateway),
    ...(bridge.ipv6 ? poolOf(bridge.bip6, bridge.fixedCidr6, bridge.gateway6) : []),
  ];
  return { ...request("bridge", "bridge", options), ipv6: bridge.ipv6, pools };
}

/** `bip` is the bridge's own address and names the subnet; without it the fixed range is the subnet. */
function poolOf(
  bip: string | undefined,
  range: string | undefined,
  gateway: string | undefined,
): NetworkRequest["pools"] {
  if (!bip && !range) return [];
  const subnet = bip ? formatCidr(networkOfAddress(bip)) : range;
  const own = bip?.split("/")[0] ?? gateway;
  return [
    {
      aux: {},
      ...(subnet ? { subnet } : {}),
      ...(range && range !== subnet ? { range } : {}),
      ...(own ? { gateway: own } : {}),
    },
  ];
}
