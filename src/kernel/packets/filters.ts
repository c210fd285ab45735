import type { PacketKind } from "../../contracts/packets.ts";
import type { FilterStep } from "../ffi/packet-socket.ts";

/*
 * Programs of the classic packet filter (include/uapi/linux/bpf_common.h, filter.h). Offsets count from the network
 * header: the sockets are SOCK_DGRAM. Without them a socket would wake us for every packet of a container.
 */
const LOAD_BYTE = 0x30; // BPF_LD | BPF_B | BPF_ABS
const LOAD_HALF = 0x28; // BPF_LD | BPF_H | BPF_ABS
const LOAD_HALF_INDEXED = 0x48; // BPF_LD | BPF_H | BPF_IND
const LOAD_HEADER_LENGTH = 0xb1; // BPF_LDX | BPF_B | BPF_MSH: 4 * (byte & 15)
const IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ
const IF_ANY_BIT = 0x45; // BPF_JMP | BPF_JSET
const RETURN = 0x06;
const ALL = 0x40000;

const take: FilterStep = [RETURN, 0, 0, ALL];
const leave: FilterStep = [RETURN, 0, 0, 0];

/** ETH_P_*, include/uapi/linux/if_ether.h. */
export const protocols: Readonly<Record<PacketKind, number>> = {
  arp: 0x0806,
  dhcp4: 0x0800,
  dhcp6: 0x86dd,
  advertisements: 0x86dd,
};

export const filters: Readonly<Record<PacketKind, readonly FilterStep[]>> = {
  arp: [take],
  dhcp4: [
    [LOAD_BYTE, 0, 0, 9], // protocol
    [IF_EQUAL, 0, 5, 17],
    [LOAD_HALF, 0, 0, 6], // fragments but the first have no ports
    [IF_ANY_BIT, 3, 0, 0x1fff],
    [LOAD_HEADER_LENGTH, 0, 0, 0],
    [LOAD_HALF_INDEXED, 0, 0, 2],
    [IF_EQUAL, 1, 0, 68],
    leave,
    take,
  ],
  dhcp6: [
    [LOAD_BYTE, 0, 0, 6], // next header
    [IF_EQUAL, 0, 2, 17],
    [LOAD_HALF, 0, 0, 42],
    [IF_EQUAL, 1, 0, 546],
    leave,
    take,
  ],
  advertisements: [
    [LOAD_BYTE, 0, 0, 6],
    [IF_EQUAL, 0, 3, 58],
    [LOAD_BYTE, 0, 0, 40],
    [IF_EQUAL, 2, 0, 134],
    [IF_EQUAL, 1, 0, 136],
    leave,
    take,
  ],
};

/** ff02::1 on Ethernet (RFC 2464, section 7): advertisements go there, and a link without IPv6 would not take them. */
export const allNodes = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
