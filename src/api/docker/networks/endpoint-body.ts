import { type Static, Type } from "@sinclair/typebox";
import type { EndpointSettings } from "../../../model/endpoint.ts";
import { field, integer, text, textMap, texts } from "../../schema.ts";
import { validateEndpoint } from "./validate-endpoint.ts";

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
  options: { gwPriority: boolean; where?: string },
): EndpointSettings {
  validateEndpoint(network, body, options.where);
  const { IPAMConfig: ipam, DriverOpts: driverOptions } = body;
  const { IPv4Address: ipv4, IPv6Address: ipv6 } = ipam ?? {};
  const mac = body.MacAddress || undefined;
  const ifName = driverOptions?.[ifNameOption];
  return {
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
}
