import { invalid } from "../../base/errors.ts";
import type { LeaseRequest } from "../../contracts/dhcp.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { isLeased, type Network } from "../../model/network.ts";
import { unplugged } from "../../model/plugin.ts";
import type { Attachment } from "../plan/attachment.ts";
import type { StateChange } from "../state.ts";

/** How long a start waits for a DHCP server unless the network says otherwise, in seconds. */
const defaultTimeout = 20;
const longestTimeout = 300;

/** `--ipam-opt timeout=SECONDS`, the only one of ipam driver dhcp. Throws INVALID. */
export function leaseTimeout(options: Network["ipamOptions"]): number {
  const unknown = Object.keys(options).find((name) => name !== "timeout");
  if (unknown !== undefined) throw invalid(`IPAM option "${unknown}"`, "ipam driver dhcp knows timeout only");
  const { timeout } = options;
  if (timeout === undefined) return defaultTimeout;
  if (/^\d+$/.test(timeout) && Number(timeout) >= 1 && Number(timeout) <= longestTimeout) return Number(timeout);
  throw invalid('IPAM option "timeout"', `"${timeout}" is no number of seconds from 1 to ${longestTimeout}`);
}

const bare = (address: string | undefined) => address?.split("/")[0];

/** Attachments that others have to complete when the sandbox is there: by lending addresses, or as the network's plugin. */
export const unaddressed = (attachments: readonly Attachment[]): Attachment[] =>
  attachments.filter(({ network, endpoint, driver }) => {
    const lacksLease = isLeased(network) && familiesOf(network).some((family) => !leaseOf(endpoint, family));
    return lacksLease || (driver.remote === true && endpoint.plugged === undefined);
  });

export const familiesOf = ({ ipv4, ipv6 }: Pick<Network, "ipv4" | "ipv6">): (4 | 6)[] => [
  ...(ipv4 ? [4 as const] : []),
  ...(ipv6 ? [6 as const] : []),
];

export const leaseOf = ({ leases }: Endpoint, family: 4 | 6) => (family === 4 ? leases?.ipv4 : leases?.ipv6);

/** What to ask a server for. */
export function leaseRequest(
  container: Container,
  { driver, network, endpoint }: Attachment,
  family: 4 | 6,
): LeaseRequest {
  const wanted = family === 4 ? endpoint.settings.ipv4 : endpoint.settings.ipv6;
  const had = family === 4 ? endpoint.hadIpv4 : endpoint.hadIpv6;
  const address = wanted ?? bare(leaseOf(endpoint, family)?.address) ?? had;
  return {
    endpointId: endpoint.id,
    family,
    netns: endpoint.containerId,
    link: endpoint.ifName ?? "eth0",
    hostname: container.config.hostname,
    container: container.name,
    network: network.name,
    ...(address ? { address } : {}),
    exact: wanted !== undefined,
    detectDuplicates: driver.lan?.(network)?.detectDuplicates ?? false,
    timeoutSeconds: leaseTimeout(network.ipamOptions),
  };
}

/** An endpoint with what a server lent. */
export function withLease(endpoint: Endpoint, family: 4 | 6, lease: ReturnType<typeof leaseOf>): Endpoint {
  const { ipv4, ipv6, leases, ...rest } = endpoint;
  const both = { ...leases };
  if (lease && family === 4) both.ipv4 = lease;
  else if (lease) both.ipv6 = lease;
  else if (family === 4) delete both.ipv4;
  else delete both.ipv6;
  const [had4, had6] = [bare(both.ipv4?.address), bare(both.ipv6?.address)];
  return {
    ...rest,
    ...(both.ipv4 ? { ipv4: both.ipv4.address } : {}),
    ...(both.ipv6 ? { ipv6: both.ipv6.address } : {}),
    ...(both.ipv4 || both.ipv6 ? { leases: both } : {}),
    ...(had4 ? { hadIpv4: had4 } : {}),
    ...(had6 ? { hadIpv6: had6 } : {}),
  };
}

/** Endpoints without what they were lent, or plugged into: what a container that ends, or has ended, leaves in the store. */
export const forgetLeases = (endpoints: readonly Endpoint[]): StateChange[] =>
  endpoints
    .filter(({ leases, plugged }) => leases !== undefined || plugged !== undefined)
    .map((endpoint) => {
      const value = endpoint.leases ? withLease(withLease(endpoint, 4, undefined), 6, undefined) : unplugged(endpoint);
      return { put: "endpoint", id: value.id, value };
    });
