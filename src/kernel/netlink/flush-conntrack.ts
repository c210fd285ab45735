import * as libc from "../ffi/libc.ts";
import { type ConntrackMessage, conntrackMessage, IPCTNL_MSG_CT_DELETE, IPCTNL_MSG_CT_GET } from "./conntrack.ts";
import { type NetlinkSocket, request } from "./socket.ts";

const protocols = { udp: 17, sctp: 132 } as const;
/** CTA_FILTER_FLAG(CTA_PROTO_NUM) and of CTA_PROTO_DST_PORT; net/netfilter/nf_conntrack_netlink.c. */
const BY_PROTOCOL_AND_PORT = (1 << 3) | (1 << 5);

export interface PublishedPort {
  readonly protocol: keyof typeof protocols;
  readonly port: number;
}

/**
 * Deletes the tracked flows to a port: a flow that is known keeps its translation however the rules change. The kernel
 * filters the list since Linux 5.8; an older one sends all, so what comes is looked at again.
 */
export function flushConntrack(socket: NetlinkSocket, port: PublishedPort): void {
  for (const family of [libc.AF_INET, libc.AF_INET6]) flushFamily(socket, port, family); // a filter needs a family
}

function flushFamily(socket: NetlinkSocket, { protocol, port }: PublishedPort, family: number): void {
  const proto = { number: protocols[protocol], destinationPort: port };
  const ask = request(`list flows to ${port}/${protocol}`, IPCTNL_MSG_CT_GET, conntrackMessage, {
    header: { family },
    attributes: { original: { proto }, filter: { original: BY_PROTOCOL_AND_PORT } },
  });
  const flows = socket.dump(conntrackMessage, ask).filter(({ attributes: { original } }) => {
    return original?.proto?.number === proto.number && original.proto.destinationPort === port;
  });
  const failures = socket.try(flows.map((flow) => deletion(flow, `delete a flow to ${port}/${protocol}`)));
  // ENOENT: the flow timed out between list and deletion.
  for (const failure of failures) if (failure && failure.errno !== "ENOENT") throw failure;
}

const deletion = ({ header, attributes: { original, zone } }: ConntrackMessage, operation: string) =>
  request(operation, IPCTNL_MSG_CT_DELETE, conntrackMessage, {
    header: { family: header.family ?? 0 },
    attributes: { original, zone },
  });
