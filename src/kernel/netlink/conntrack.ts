import { attr, type Decoded, message, nest, nested, raw, struct, u8, u16be, u32 } from "./codec.ts";
import { ipAddress } from "./ip-address.ts";

const NFNL_SUBSYS_CTNETLINK = 1;
export const IPCTNL_MSG_CT_GET = (NFNL_SUBSYS_CTNETLINK << 8) | 1;
export const IPCTNL_MSG_CT_DELETE = (NFNL_SUBSYS_CTNETLINK << 8) | 2;

/** CTA_TUPLE_*: include/uapi/linux/netfilter/nfnetlink_conntrack.h at v6.12. */
const tuple = nested({
  ip: nest(
    1,
    nested({
      source4: attr(1, ipAddress),
      destination4: attr(2, ipAddress),
      source6: attr(3, ipAddress),
      destination6: attr(4, ipAddress),
    }),
  ),
  proto: nest(
    2,
    nested({
      number: attr(1, u8),
      sourcePort: attr(2, u16be),
      destinationPort: attr(3, u16be),
      icmpId: attr(4, raw),
      icmpType: attr(5, raw),
      icmpCode: attr(6, raw),
    }),
  ),
});

/** IPCTNL_MSG_CT_*: `struct nfgenmsg`, include/uapi/linux/netfilter/nfnetlink.h. A deletion repeats the tuple as it was read. */
export const conntrackMessage = message({
  name: "conntrack",
  header: struct({ family: u8, version: u8, resourceId: u16be }),
  attributes: {
    original: nest(1, tuple),
    reply: nest(2, tuple),
    zone: attr(18, u16be),
    filter: nest(25, nested({ original: attr(1, u32), reply: attr(2, u32) })), // CTA_FILTER, since Linux 5.8
  },
});

export type ConntrackMessage = Decoded<typeof conntrackMessage>;
