import { attr, type Decoded, mac, message, padding, s32, struct, u8, u16, u32 } from "./codec.ts";
import { ipAddress } from "./ip-address.ts";

export const RTM_NEWNEIGH = 28;
export const RTM_DELNEIGH = 29;
export const RTM_GETNEIGH = 30;
/** Family of forwarding entries. */
export const AF_BRIDGE = 7;
export const NUD_NOARP = 0x40;
export const NUD_PERMANENT = 0x80;
/** NTF_SELF: the device's own table (VXLAN); NTF_MASTER: that of its bridge. */
export const NTF_SELF = 2;
export const NTF_MASTER = 4;
/** Made by a control plane: the kernel neither ages it nor lets traffic move it. */
export const NTF_EXT_LEARNED = 16;

/** RTM_*NEIGH: `struct ndmsg`, include/uapi/linux/neighbour.h at v6.12. Neighbours, and with family AF_BRIDGE (7) the FDB. */
export const neighbourMessage = message({
  name: "rt-neigh",
  header: struct({ family: u8, pad: padding(3), ifIndex: s32, state: u16, flags: u8, type: u8 }),
  attributes: {
    destination: attr(1, ipAddress),
    linkAddress: attr(2, mac),
    vlan: attr(5, u16),
    vni: attr(7, u32),
    master: attr(9, u32),
  },
});

export type NeighbourMessage = Decoded<typeof neighbourMessage>;
