import { formatCidr, networkOfAddress } from "../../base/cidr.ts";
import { invalid } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { Rollback } from "../../base/rollback.ts";
import type { Network } from "../../model/network.ts";
import type { NetworkRequest } from "../engine.ts";
import { equipHost } from "../host.ts";
import type { Parts } from "../parts.ts";
import { networkOf } from "./create.ts";
import { type FoundBridge, findBridge, foundBridge, gatewayAux } from "./found-bridge.ts";
import { makeNetwork } from "./make.ts";
import { reservePools } from "./pools.ts";
import { tearDown } from "./remove.ts";

const mtuOption = "com.docker.network.driver.mtu";

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
  if (bridge.name === "none") await dropBridge(parts);
  else await ensureBridge(parts, bridge);
}

/** The default network, on a bridge of ours or on one that somebody has made for it. */
async function ensureBridge(parts: Parts, bridge: BuiltInBridge): Promise<void> {
  const link = bridge.name ? findBridge(bridge.name, parts.kernel) : undefined;
  if (!link) return ensure(parts, { ...bridgeRequest(bridge), pools: poolsOf(bridge, [4, 6]) });
  if (!link.up) parts.log.warn({ bridge: link.name }, "the default network's bridge is down: ip link set it up");
  const found = foundBridge(bridge, link, parts.state.networkNamed("bridge"));
  const families = found.pools.map(({ subnet }) => (subnet?.includes(":") ? 6 : 4));
  const others = ([4, 6] as const).filter((family) => !families.includes(family));
  await ensure(parts, { ...bridgeRequest(bridge), pools: [...found.pools, ...poolsOf(bridge, others)] }, found);
}

/** --bridge none: what an earlier daemon made goes, as soon as nothing uses it. */
async function dropBridge(parts: Parts): Promise<void> {
  const present = parts.state.networkNamed("bridge");
  if (!present) return;
  if (parts.state.endpointsOn(present.id).length === 0) return tearDown(parts, present);
  parts.log.warn({ network: present.name }, "the default network stays until no container uses it");
}

async function ensure(parts: Parts, wanted: NetworkRequest, found?: FoundBridge): Promise<void> {
  const present = parts.state.networkNamed(wanted.name);
  if (present && asWanted(present, wanted, found)) return;
  if (present && parts.state.endpointsOn(present.id).length > 0) {
    parts.log.warn({ network: wanted.name }, "changed settings of the default network wait until no container uses it");
    return;
  }
  if (present) await tearDown(parts, present);
  await using rollback = new Rollback();
  const driver = parts.drivers.find(wanted.driver);
  const draft: Network = {
    ...networkOf(parts, wanted, present?.id ?? newId(), driver),
    ...(found ? { settled: found.settled } : {}),
    ...(found && !wanted.options[mtuOption] ? { mtu: found.mtu } : {}),
    builtIn: true,
    userSubnets: false,
  };
  const network = { ...draft, pools: driver.addressed ? reservePools(parts, draft.id, wanted, rollback) : [] };
  // What is ours on a link of somebody else is known by the record alone: it is there first, whenever we are killed.
  if (found) record(parts, network, rollback);
  makeNetwork(parts, network, rollback);
  if (!found) record(parts, network, rollback);
  rollback.commit();
  if (network.ipv6) equipHost(parts); // the first one brings an address
}

function record({ state }: Parts, network: Network, rollback: Rollback): void {
  state.commit([{ put: "network", id: network.id, value: network }]);
  rollback.onFailure(`record of ${network.name}`, () => state.commit([{ delete: "network", id: network.id }]));
}

function asWanted(present: Network, wanted: NetworkRequest, found: FoundBridge | undefined): boolean {
  const sameBridge = JSON.stringify(present.settled) === JSON.stringify(found?.settled);
  const sameOptions = sameBridge && JSON.stringify(present.options) === JSON.stringify(wanted.options);
  const samePools = wanted.pools.every((pool) =>
    present.pools.some(
      ({ subnet, gateway, range, aux }) =>
        subnet === pool.subnet &&
        JSON.stringify(aux) === JSON.stringify(pool.aux) &&
        gateway === (pool.gateway ?? gateway) &&
        (range ?? subnet) === (pool.range ?? pool.subnet),
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
    ...(bridge.mtu ? { [mtuOption]: String(bridge.mtu) } : {}),
  };
  return { ...request("bridge", "bridge", options), ipv6: bridge.ipv6 };
}

/** By the settings; none for a family that they say nothing of. */
function poolsOf(bridge: BuiltInBridge, families: readonly (4 | 6)[]): NetworkRequest["pools"] {
  return [
    ...(families.includes(4) ? poolOf(bridge.bip, bridge.fixedCidr, bridge.gateway) : []),
    ...(families.includes(6) && bridge.ipv6 ? poolOf(bridge.bip6, bridge.fixedCidr6, bridge.gateway6) : []),
  ];
}

/** `bip` is the bridge's own address and names the subnet; without it the fixed range is the subnet. */
function poolOf(
  bip: string | undefined,
  range: string | undefined,
  gateway: string | undefined,
): NetworkRequest["pools"] {
  if (!bip && !range) {
    if (!gateway) return [];
    const [flag, add] = gateway.includes(":") ? ["-v6", "--bip6 or --fixed-cidr-v6"] : ["", "--bip or --fixed-cidr"];
    throw invalid(`--default-gateway${flag}`, `"${gateway}" is in no subnet that is given; add ${add}`);
  }
  const own = bip?.split("/")[0];
  return [
    {
      subnet: formatCidr(networkOfAddress(bip ?? range ?? "")),
      ...(range ? { range: formatCidr(networkOfAddress(range)) } : {}),
      ...(own ? { gateway: own } : {}),
      aux: gatewayAux(gateway, own),
    },
  ];
}
