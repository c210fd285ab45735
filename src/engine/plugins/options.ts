import type { Endpoint } from "../../model/endpoint.ts";
import type { Network, Pool } from "../../model/network.ts";
import type { PortRequest, Protocol } from "../../model/port.ts";

/*
 * What Docker's engine sends to plugins, in libnetwork's words (moby: daemon/libnetwork/netlabel, types.PortBinding and
 * driverapi.IPAMData).
 */

/** IPPROTO_* of include/uapi/linux/in.h. */
const protocolNumbers: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** What is said of a network. */
export function networkOptions({ ipv4, ipv6, internal, options }: Network): Record<string, unknown> {
  return {
    "com.docker.network.enable_ipv4": ipv4,
    "com.docker.network.enable_ipv6": ipv6,
    ...(internal ? { "com.docker.network.internal": true } : {}),
    "com.docker.network.generic": options,
  };
}

/** IPAMData of a family. `space`: the address space of networks whose pools are this daemon's own. */
export function ipamData({ pools, ipamDriver, ipv4 }: Network, family: 4 | 6): object[] {
  // Docker's driver "null": everything is in its only pool.
  if (ipamDriver === "null") return family === 4 && ipv4 ? [{ AddressSpace: "null", Pool: "0.0.0.0/0" }] : [];
  return pools.filter(({ subnet }) => subnet.includes(":") === (family === 6)).map(poolData);
}

function poolData({ subnet, gateway, aux, remote }: Pool): object {
  const length = subnet.split("/")[1];
  const auxiliary = Object.entries(aux).map(([name, address]) => [name, `${address}/${length}`]);
  return {
    AddressSpace: remote?.space ?? "LocalDefault",
    Pool: subnet,
    ...(gateway ? { Gateway: `${gateway}/${length}` } : {}),
    ...(auxiliary.length > 0 ? { AuxAddresses: Object.fromEntries(auxiliary) } : {}),
  };
}

/** What a container wants of the outside. */
export interface Wishes {
  readonly requests: readonly PortRequest[];
  readonly exposed: readonly { readonly protocol: Protocol; readonly port: number }[];
}

/** Ports as Docker's sandbox labels have them. */
export function portOptions({ requests, exposed }: Wishes): Record<string, unknown> {
  return {
    "com.docker.network.endpoint.exposedports": exposed.map(({ protocol, port }) => ({
      Proto: protocolNumbers[protocol],
      Port: port,
    })),
    "com.docker.network.portmap": requests.map(({ protocol, containerPort, hostIp, hostPort, hostPortEnd }) => ({
      Proto: protocolNumbers[protocol],
      IP: "",
      Port: containerPort,
      HostIP: hostIp,
      HostPort: hostPort,
      HostPortEnd: hostPortEnd,
    })),
  };
}

/** The user's options of an endpoint stand beside the ports. */
export const endpointOptions = ({ settings }: Endpoint, wishes: Wishes): Record<string, unknown> => ({
  ...settings.driverOptions,
  ...portOptions(wishes),
});
