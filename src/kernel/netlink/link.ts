import {
  attr,
  cString,
  type Decoded,
  inner,
  mac,
  message,
  nest,
  nested,
  padding,
  raw,
  s32,
  struct,
  u8,
  u16,
  u16be,
  u32,
  u64,
} from "./codec.ts";
import { ipAddress } from "./ip-address.ts";

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_SETLINK = 19;
export const IFF_UP = 1;
/** IN6_ADDR_GEN_MODE_NONE, include/uapi/linux/if_link.h: no link-local address. */
export const ADDR_GEN_MODE_NONE = 1;

/** `struct ifinfomsg`, include/uapi/linux/rtnetlink.h at v6.12. */
const linkHeader = struct({ family: u8, pad: padding(1), deviceType: u16, ifIndex: s32, flags: u32, change: u32 });

/** The peer's half of a new veth pair; VETH_INFO_PEER, include/uapi/linux/veth.h. */
const peerMessage = message({
  name: "rt-link peer",
  header: linkHeader,
  attributes: {
    address: attr(1, mac),
    ifName: attr(3, cString),
    mtu: attr(4, u32),
    netNsFd: attr(28, u32),
  },
});

/** IFLA_INFO_DATA of our kinds. Their numbers differ by kind: IFLA_VETH_*, IFLA_BR_*, ...; include/uapi/linux/if_link.h. */
const vethData = nested({ peer: attr(1, inner(peerMessage)) });
const macvlanData = nested({ mode: attr(1, u32) });
const ipvlanData = nested({ mode: attr(1, u16), flags: attr(2, u16) });
const vlanData = nested({ id: attr(1, u16) });
const bridgeData = nested({ forwardDelay: attr(1, u32), vlanFiltering: attr(7, u8), mcastSnooping: attr(23, u8) });

/** IFLA_VXLAN_*; a device has `local` or `local6`, by the family of its underlay. */
const vxlanData = nested({
  vni: attr(1, u32),
  device: attr(3, u32),
  local: attr(4, ipAddress),
  ttl: attr(5, u8),
  learning: attr(7, u8),
  proxy: attr(11, u8),
  routeShortCircuit: attr(12, u8),
  l2miss: attr(13, u8),
  l3miss: attr(14, u8),
  port: attr(15, u16be),
  local6: attr(17, ipAddress),
});

/** IFLA_BRPORT_*, include/uapi/linux/if_link.h; mode is hairpin, isolated since Linux 4.18. */
const bridgePort = nested({
  mode: attr(4, u8),
  learning: attr(8, u8),
  unicastFlood: attr(9, u8),
  multicastRouter: attr(25, u8),
  isolated: attr(33, u8),
});

/** Kind is a NLA_STRING: with or without the final NUL. */
const linkInfo = nested({
  kind: attr(1, cString),
  data: nest(2, raw),
  slaveKind: attr(4, cString),
  slaveData: nest(5, bridgePort),
});

/** `struct rtnl_link_stats64`, include/uapi/linux/if_link.h: the part that every kernel has. */
const statistics = struct({
  rxPackets: u64,
  txPackets: u64,
  rxBytes: u64,
  txBytes: u64,
  rxErrors: u64,
  txErrors: u64,
  rxDropped: u64,
  txDropped: u64,
});

/** IFLA_AF_SPEC: per address family; AF_INET6 is 10, IFLA_INET6_ADDR_GEN_MODE 8. */
const familySpec = nested({ inet6: nest(10, nested({ addrGenMode: attr(8, u8) })) });

/** RTM_*LINK: include/uapi/linux/if_link.h at v6.12. */
export const linkMessage = message({
  name: "rt-link",
  header: linkHeader,
  attributes: {
    address: attr(1, mac),
    ifName: attr(3, cString),
    mtu: attr(4, u32),
    lower: attr(5, u32), // IFLA_LINK: the parent, for a veth the other end; in the namespace of lowerNsId
    master: attr(10, u32), // 0 takes it out
    operState: attr(16, u8),
    info: nest(18, linkInfo),
    alias: attr(20, cString),
    statistics: attr(23, statistics),
    familySpec: nest(26, familySpec),
    group: attr(27, u32),
    netNsFd: attr(28, u32),
    extendedMask: attr(29, u32),
    lowerNsId: attr(37, s32),
  },
});

export type LinkMessage = Decoded<typeof linkMessage>;

/** RTEXT_FILTER_SKIP_STATS, include/uapi/linux/rtnetlink.h: dumps without counters are a third shorter. */
export const SKIP_STATISTICS = 1 << 3;

export { bridgeData, ipvlanData, macvlanData, vethData, vlanData, vxlanData };
