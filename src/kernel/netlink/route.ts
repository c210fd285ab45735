import { attr, type Decoded, message, struct, u8, u16, u32 } from "./codec.ts";
import { ipAddress } from "./ip-address.ts";

export const RTM_NEWROUTE = 24;
export const RTM_DELROUTE = 25;
export const RTM_GETROUTE = 26;
export const RT_TABLE_MAIN = 254;
export const RTPROT_STATIC = 4;
export const RT_SCOPE_UNIVERSE = 0;
export const RT_SCOPE_LINK = 253;
export const RTN_UNICAST = 1;
export const RTN_BLACKHOLE = 6;
/** RTM_F_CLONED: a cache entry, not a route. */
export const RTM_F_CLONED = 0x200;

/** RTM_*ROUTE: `struct rtmsg`, include/uapi/linux/rtnetlink.h at v6.12. */
export const routeMessage = message({
  name: "rt-route",
  header: struct({
    family: u8,
    destinationLength: u8,
    sourceLength: u8,
    tos: u8,
    table: u8,
    protocol: u8,
    scope: u8,
    type: u8,
    flags: u32,
  }),
  attributes: {
    destination: attr(1, ipAddress),
    outInterface: attr(4, u32),
    gateway: attr(5, ipAddress),
    priority: attr(6, u32),
    preferredSource: attr(7, ipAddress),
    multipath: attr(
      9,
      /* struct rtnexthop: length, flags, hops, index; the first is what we look at */ struct({
        length: u16,
        flags: u8,
        hops: u8,
        ifIndex: u32,
      }),
    ),
    table: attr(15, u32), // wider than the header field
  },
});

export type RouteMessage = Decoded<typeof routeMessage>;
