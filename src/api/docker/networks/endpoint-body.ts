import { isIP } from "node:net";
import { type Static, Type } from "@sinclair/typebox";
import { invalid } from "../../../base/errors.ts";
import type { EndpointSettings } from "../../../model/endpoint.ts";
import { field, integer, text, textMap, texts } from "../../schema.ts";

/** Docker's network.EndpointSettings, the part that a client may set; what the daemon reports is ignored here. */
export const endpointBody = Type.Object({
  IPAMConfig: field(Type.Object({ IPv4Address: field(text), IPv6Address: field(text), LinkLocalIPs: field(texts) })),
  Links: field(texts),
  Aliases: field(texts),
  MacAddress: field(text),
  DriverOpts: field(textMap),
  GwPriority: field(integer),
});

export type EndpointBody = Static<typeof endpointBody>;

const ifNameOption = "com.docker.network.endpoint.ifname";

/**
 * The model's words for endpoint settings. `gwPriority` false: below 1.48 the field is ignored at container create,
 * though never at connect.
 */
export function endpointSettings(
  network: string,
  body: EndpointBody,
  options: { gwPriority: boolean },
): EndpointSettings {
  const { IPAMConfig: ipam, DriverOpts: driverOptions } = body;
  const ipv4 = address("IPAMConfig.IPv4Address", ipam?.IPv4Address, 4);
  const ipv6 = address("IPAMConfig.IPv6Address", ipam?.IPv6Address, 6);
  const mac = body.MacAddress || undefined;
  const ifName = driverOptions?.[ifNameOption];
  const settings = {
    ...(ipv4 ? { ipv4 } : {}),
    ...(ipv6 ? { ipv6 } : {}),
    linkLocal: [...(ipam?.LinkLocalIPs ?? [])],
    ...(mac ? { mac } : {}),
    aliases: [...(body.Aliases ?? [])],
    links: [...(body.Links ?? [])],
    ...(ifName ? { ifName } : {}),
    gwPriority: options.gwPriority ? (body.GwPriority ?? 0) : 0,
    driverOptions: driverOptions ?? {},
  };
  refuseOnBuiltIn(network, settings);
  return settings;
}

/** The modes of Docker that are no user-defined networks. */
export const isUserDefined = (network: string): boolean => !["default", "bridge", "host", "none"].includes(network);

/** Docker offers neither names nor chosen addresses on its built-in networks. */
function refuseOnBuiltIn(network: string, settings: EndpointSettings): void {
  if (isUserDefined(network)) return;
  if (settings.ipv4 || settings.ipv6) {
    throw invalid("EndpointsConfig", "user specified IP address is supported on user defined networks only");
  }
  if (settings.aliases.length > 0) {
    throw invalid("EndpointsConfig", "network-scoped aliases are only supported for user-defined networks");
  }
}

function address(name: string, text: string | null | undefined, family: 4 | 6): string | undefined {
  if (!text) return undefined;
  if (isIP(text) === family) return text;
  throw invalid(name, `"${text}" is no IPv${family} address`);
}
