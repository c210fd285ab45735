import { attr, cString, message, struct, u8, u32 } from "./codec.ts";
import { ipAddress } from "./ip-address.ts";

export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;
/** No duplicate address detection: usable at once. */
export const IFA_F_NODAD = 2;

/** RTM_*ADDR: `struct ifaddrmsg`, include/uapi/linux/if_addr.h at v6.12. */
export const addrMessage = message({
  name: "rt-addr",
  header: struct({ family: u8, prefixLength: u8, flags: u8, scope: u8, ifIndex: u32 }),
  attributes: {
    address: attr(1, ipAddress), // the peer on a point-to-point link
    local: attr(2, ipAddress),
    label: attr(3, cString), // IFNAMSIZ, NUL included
    broadcast: attr(4, ipAddress),
    cacheInfo: attr(6, struct({ preferred: u32, valid: u32, created: u32, updated: u32 })),
    flags: attr(8, u32), // wider than, and preferred to, the header field
    metric: attr(9, u32), // IFA_RT_PRIORITY
  },
});
