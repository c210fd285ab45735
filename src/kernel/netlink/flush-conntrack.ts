import * as libc from "../ffi/libc.ts";
import { type ConntrackMessage, conntrackMessage, IPCTNL_MSG_CT_DELETE, IPCTNL_MSG_CT_GET } from "./conntrack.ts";
import { type NetlinkSocket, request } from "./socket.ts";

const protocols = { udp: 17, sctp: 132 } as const;
/** CTA_FILTER_FLAG(CTA_PROTO_NUM) and of CTA_PROTO_DST_PORT; net/netfilter/nf_conntrack_netlink.c. */
const BY_PROTOCOL = 1 << 3;
const BY_PROTOCOL_AND_PORT = BY_PROTOCOL | (1 << 5);

export interface PublishedPort {
  readonly protocol: keyof typeof protocols;
  readonly port: number;
  /** Only flows to this address; absent: to any. */
  readonly address?: string;
}

/**
 * Deletes the tracked flows to published ports: a flow that is known keeps its translation however the rules change. The
 * kernel walks its whole table for a list (13 ms for 262,144 buckets), so there is one a protocol and family however
 * many the ports. It filters the list since Linux 5.8; an older one sends all, so what comes is looked at again.
 */
export function flushConntrack(socket: NetlinkSocket, published: readonly PublishedPort[]): void {
  for (const [protocol, list] of Map.groupBy(published, (one) => one.protocol)) {
    // A filter needs a family.
    for (const family of [libc.AF_INET, libc.AF_INET6]) flushFamily(socket, { protocol, list, family });
  }
}

function flushFamily(
  socket: NetlinkSocket,
  { protocol, list, family }: { protocol: PublishedPort["protocol"]; list: readonly PublishedPort[]; family: number },
): void {
  const number = protocols[protocol];
  const ports = new Set(list.map(({ port }) => port));
  const meant = new Set(list.map(({ port, address = "" }) => `${port} ${address}`));
  const [only] = ports.size === 1 ? ports : [];
  const ask = request(`list flows of ${protocol}`, IPCTNL_MSG_CT_GET, conntrackMessage, {
    header: { family },
    attributes: {
      original: { proto: { number, ...(only === undefined ? {} : { destinationPort: only }) } },
      filter: { original: only === undefined ? BY_PROTOCOL : BY_PROTOCOL_AND_PORT },
    },
  });
  const flows = socket.dump(conntrackMessage, ask).filter(({ attributes: { original } }) => {
    const port = original?.proto?.destinationPort;
    const address = original?.ip?.destination4 ?? original?.ip?.destination6;
    return original?.proto?.number === number && (meant.has(`${port} `) || meant.has(`${port} ${address}`));
  });
  const failures = socket.try(flows.map((flow) => deletion(flow, `delete a flow of ${protocol}`)));
  // ENOENT: the flow timed out between list and deletion.
  for (const failure of failures) if (failure && failure.errno !== "ENOENT") throw failure;
}

const deletion = ({ header, attributes: { original, zone } }: ConntrackMessage, operation: string) =>
  request(operation, IPCTNL_MSG_CT_DELETE, conntrackMessage, {
    header: { family: header.family ?? 0 },
    attributes: { original, zone },
  });
