import type { Container } from "../../model/container.ts";
import type { EndpointSettings } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import { turnsSixOff } from "../../model/sysctls.ts";

const sysctlOption = "com.docker.network.endpoint.sysctls";

/**
 * Families that an endpoint gets addresses of: those of its network, but no IPv6 where a sysctl of the container or of the
 * endpoint turns that off. Docker gives none then either, so that no name leads to an address that nobody has.
 */
export function wantedFamilies(
  { ipv4, ipv6 }: Pick<Network, "ipv4" | "ipv6">,
  { config }: Pick<Container, "config">,
  { driverOptions }: Pick<EndpointSettings, "driverOptions">,
): Pick<Network, "ipv4" | "ipv6"> {
  const ofEndpoint = (driverOptions[sysctlOption] ?? "")
    .split(",")
    .some((entry) => /^net\.ipv6\.conf\.(IFNAME|ifname)\.disable_ipv6=1$/.test(entry));
  return { ipv4, ipv6: ipv6 && !turnsSixOff(config, "all") && !ofEndpoint };
}
