import { invalid } from "../../base/errors.ts";
import { interfaceNameRule, isInterfaceName } from "../../base/interface-name.ts";
import { type Family, formatIp, isLoopback, isMulticast, parseIp } from "../../base/ip.ts";
import type { Network } from "../../model/network.ts";
import { flagOption, optionPrefix as prefix, refuseOtherFamily } from "../option-values.ts";

/** Options of a bridge network, read from `--opt`; the prefix com.docker.network is left out here. */
export interface BridgeOptions {
  readonly name: string | undefined;
  readonly masquerade: boolean;
  /** Addresses that masqueraded packets leave with, by family; the host need not have them. */
  readonly sources: Readonly<Partial<Record<Family, string>>>;
  /** Members may talk to each other. */
  readonly icc: boolean;
  /** The bridge gets no IPv4 address of its own. */
  readonly inhibitIpv4: boolean;
  readonly gatewayMode4: GatewayMode;
  readonly gatewayMode6: GatewayMode;
  /** Links of the host from which published ports are reached at the containers' own addresses, too. */
  readonly trusted: readonly string[];
}

/**
 * How a family leads outside: by translation, "nat-unprotected" without a guard before the containers' own addresses;
 * without translation, "routed"; not at all, "isolated": an internal network without a host address on the bridge.
 */
export type GatewayMode = (typeof gatewayModes)[number];
const gatewayModes = ["nat", "nat-unprotected", "routed", "isolated"] as const;

/** Every option the driver knows with its default: what validateNetwork() accepts and lists in its refusals. */
export const bridgeOptionDefaults = {
  "bridge.name": "br-<first 12 digits of the id>",
  "bridge.default_bridge": "false",
  "bridge.enable_ip_masquerade": "true",
  "bridge.enable_icc": "true",
  "bridge.inhibit_ipv4": "false",
  "bridge.host_binding_ipv4": "0.0.0.0",
  "bridge.gateway_mode_ipv4": "nat",
  "bridge.gateway_mode_ipv6": "nat",
  "bridge.trusted_host_interfaces": "none",
  host_ipv4: "the address that the route out suggests",
  host_ipv6: "the address that the route out suggests",
  container_iface_prefix: "eth",
  "driver.mtu": "MTU of the uplink",
} as const;

/** Reads the options of a network; throws INVALID naming the option and the values it takes. */
export function parseBridgeOptions(network: Network): BridgeOptions {
  const options = network.options;
  const value = (key: string) => options[prefix + key];
  const flag = (key: string, byDefault: boolean) => flagOption(prefix + key, value(key), byDefault);
  for (const key of Object.keys(options)) refuseUnknown(key);
  return {
    name: interfaceName(value("bridge.name")),
    masquerade: flag("bridge.enable_ip_masquerade", true),
    sources: { ...sourceOf(4, value("host_ipv4")), ...sourceOf(6, value("host_ipv6")) },
    icc: flag("bridge.enable_icc", true),
    inhibitIpv4: flag("bridge.inhibit_ipv4", false),
    gatewayMode4: gatewayMode("bridge.gateway_mode_ipv4", value("bridge.gateway_mode_ipv4"), network.internal),
    gatewayMode6: gatewayMode("bridge.gateway_mode_ipv6", value("bridge.gateway_mode_ipv6"), network.internal),
    trusted: trustedLinks("bridge.trusted_host_interfaces", value("bridge.trusted_host_interfaces") ?? ""),
  };
}

/** Labels of other tools pass; a misspelt option of this driver does not. */
function refuseUnknown(key: string): void {
  const ours = key.startsWith(`${prefix}bridge.`) || key.startsWith(`${prefix}driver.`) || !key.includes(".");
  if (!ours || Object.hasOwn(bridgeOptionDefaults, key.slice(prefix.length))) return;
  throw invalid(
    `option "${key}"`,
    `the bridge driver takes ${Object.keys(bridgeOptionDefaults)
      .map((k) => prefix + k)
      .join(", ")}`,
  );
}

function gatewayMode(key: string, text: string | undefined, internal: boolean): GatewayMode {
  if (text === undefined || text === "") return "nat";
  const mode = gatewayModes.find((each) => each === text);
  if (!mode)
    throw invalid(`option "${prefix}${key}"`, `unknown gateway mode "${text}"; use ${gatewayModes.join(", ")}`);
  if (mode === "isolated" && !internal)
    throw invalid(
      `option "${prefix}${key}"`,
      "gateway mode 'isolated' can only be used for an internal network; add --internal",
    );
  return mode;
}

/** Refuses addresses that nothing can leave with; only for new networks, as refuseUnworkable(). */
export function refuseSources(network: Network): void {
  for (const family of [4, 6] as const) {
    const address = refuseOtherFamily(network, `host_ipv${family}`, family);
    if (address && (address.value === 0n || isLoopback(address) || isMulticast(address)))
      throw invalid(`option "${prefix}host_ipv${family}"`, `no packet can leave the host with ${formatIp(address)}`);
  }
}

/** None for what is no address of the family, which only networks of older versions have: see refuseSources(). */
function sourceOf(family: Family, text: string | undefined): Partial<Record<Family, string>> {
  const address = parseIp(text ?? "");
  return address?.family === family ? { [family]: formatIp(address) } : {};
}

/** "eth1:eth2". */
function trustedLinks(key: string, text: string): string[] {
  const names = text.split(":").filter(Boolean);
  const wrong = names.find((name) => !isInterfaceName(name));
  if (wrong === undefined) return names;
  throw invalid(`option "${prefix}${key}"`, `"${wrong}" is no interface name: ${interfaceNameRule}`);
}

function interfaceName(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (isInterfaceName(text)) return text;
  throw invalid(`option "${prefix}bridge.name"`, `"${text}" is no interface name: ${interfaceNameRule}`);
}

/** Families of a gateway mode. */
export const familiesOf = ({ gatewayMode4, gatewayMode6 }: BridgeOptions, mode: GatewayMode): (4 | 6)[] => [
  ...(gatewayMode4 === mode ? [4 as const] : []),
  ...(gatewayMode6 === mode ? [6 as const] : []),
];

/** Families whose gateway address the host does not have. */
export function withoutGateway(options: BridgeOptions): (4 | 6)[] {
  const isolated = familiesOf(options, "isolated");
  return options.inhibitIpv4 && !isolated.includes(4) ? [4, ...isolated] : isolated;
}
