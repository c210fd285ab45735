import { shortId } from "../../../base/ids.ts";
import type { Container, ContainerConfig, ContainerState } from "../../../model/container.ts";
import type { Endpoint, EndpointSettings } from "../../../model/endpoint.ts";
import { parseLink } from "../../../model/link.ts";
import { gatewayOf, type Network } from "../../../model/network.ts";

export interface EndpointView {
  readonly endpoint: Endpoint;
  readonly network: Network;
}

/** Docker's network.EndpointSettings. What belongs to a running container only is empty when it does not run. */
export function endpointJson(
  { endpoint, network }: EndpointView,
  { container: { config, state }, version }: { container: Container; version: number },
) {
  const { settings } = endpoint;
  const links = network.name === "bridge" ? linksOfItsOwn(settings, config) : settings.links;
  const running = state.status === "running";
  return {
    IPAMConfig: ipamConfig(endpoint),
    Links: links.length > 0 ? links : null,
    Aliases: aliases(endpoint, version, state),
    MacAddress: macOf(endpoint, state),
    DriverOpts: Object.keys(settings.driverOptions).length > 0 ? settings.driverOptions : null,
    ...(version >= 48 ? { GwPriority: settings.gwPriority } : {}),
    NetworkID: network.id,
    EndpointID: running ? endpoint.id : "",
    ...addresses(running ? endpoint : {}, running ? network : undefined),
    ...(version >= 44 ? { DNSNames: endpoint.dnsNames.length > 0 ? endpoint.dnsNames : null } : {}),
  };
}

/** Until its first start what was asked for, as Docker has it since 25. */
function macOf({ mac, settings }: Endpoint, { status }: ContainerState): string {
  if (status === "created") return settings.mac ?? "";
  return status === "running" ? (mac ?? "") : "";
}

/** On the default bridge links that were sent in HostConfig are shown there. */
function linksOfItsOwn({ links }: EndpointSettings, { given }: ContainerConfig): readonly string[] {
  const sent = given?.hostConfig["Links"];
  const aliases = new Set(Array.isArray(sent) ? sent.map((link) => parseLink(String(link)).alias) : []);
  return links.filter((link) => !aliases.has(parseLink(link).alias));
}

/**
 * Below 1.45 the short id was among the aliases; DNSNames has it since. Until the container starts only a connect made
 * it one: by that docker-compose 1.29 knows the networks that it has given their addresses and names. Clients of 1.44
 * find it at once, as in Docker 25, whose version that is.
 */
function aliases(endpoint: Endpoint, version: number, state: ContainerState): readonly string[] | null {
  const { aliases } = endpoint.settings;
  const known = version === 44 || endpoint.connected === true || state.status !== "created";
  const added = version < 45 && known && endpoint.dnsNames.length > 0 ? [shortId(endpoint.containerId)] : [];
  const all = [...new Set([...aliases, ...added])]; // Compose asks for the id, too
  return all.length > 0 ? all : null;
}

/** What the user asked for; null when nothing. */
function ipamConfig({ settings }: Endpoint) {
  const { ipv4, ipv6, linkLocal } = settings;
  if (!ipv4 && !ipv6 && linkLocal.length === 0) return null;
  return {
    ...(ipv4 ? { IPv4Address: ipv4 } : {}),
    ...(ipv6 ? { IPv6Address: ipv6 } : {}),
    ...(linkLocal.length > 0 ? { LinkLocalIPs: linkLocal } : {}),
  };
}

/** Addresses and gateways as Docker spells them: address and prefix length apart, "" and 0 for none. */
export function addresses(endpoint: Pick<Endpoint, "ipv4" | "ipv6" | "leases">, network: Network | undefined) {
  const [ipv4 = "", length4 = "0"] = (endpoint.ipv4 ?? "").split("/");
  const [ipv6 = "", length6 = "0"] = (endpoint.ipv6 ?? "").split("/");
  return {
    Gateway: endpoint.leases?.ipv4?.router ?? wayOut(network, endpoint.ipv4),
    IPAddress: ipv4,
    IPPrefixLen: Number(length4),
    IPv6Gateway: endpoint.leases?.ipv6?.router ?? wayOut(network, endpoint.ipv6),
    GlobalIPv6Address: ipv6,
    GlobalIPv6PrefixLen: Number(length6),
  };
}

/** An internal network has no way out, so its members have no gateway; nor is one asked in ipvlan's modes of layer 3. */
function wayOut(network: Network | undefined, address: string | undefined): string {
  if (!network || network.internal) return "";
  if (network.driver === "ipvlan" && network.options["ipvlan_mode"]?.startsWith("l3")) return "";
  return gatewayOf(network, address) ?? "";
}
