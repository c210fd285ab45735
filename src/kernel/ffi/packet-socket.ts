import { constants } from "node:os";
import koffi from "koffi";
import { kernelError } from "./errno.ts";
import { AF_PACKET, MSG_DONTWAIT, SOL_SOCKET } from "./libc.ts";

const lib = koffi.load("libc.so.6");
const setsockopt = lib.func("int setsockopt(int fd, int level, int name, void *value, uint32_t length)");
const recvfrom = lib.func("long recvfrom(int fd, void *bytes, size_t length, int flags, void *address, void *size)");

const SO_ATTACH_FILTER = 26; // include/uapi/asm-generic/socket.h
const SOL_PACKET = 263; // include/linux/socket.h
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_MR_MULTICAST = 0;
const { EAGAIN, EINTR, ENETDOWN } = constants.errno;
const notNow = [EAGAIN, EINTR, ENETDOWN];

/** One instruction of a classic packet filter (`struct sock_filter`, include/uapi/linux/filter.h). */
export type FilterStep = readonly [code: number, jumpTrue: number, jumpFalse: number, value: number];

/** Lets only those packets into a socket that the program takes; it is copied by the kernel. */
export function attachFilter(fd: number, program: readonly FilterStep[]): void {
  const steps = Buffer.allocUnsafeSlow(8 * program.length);
  for (const [index, [code, jumpTrue, jumpFalse, value]] of program.entries()) {
    steps.writeUInt16LE(code, 8 * index);
    steps.writeUInt8(jumpTrue, 8 * index + 2);
    steps.writeUInt8(jumpFalse, 8 * index + 3);
    steps.writeUInt32LE(value, 8 * index + 4);
  }
  const descriptor = Buffer.allocUnsafeSlow(16).fill(0); // struct sock_fprog: length, then a pointer
  descriptor.writeUInt16LE(program.length, 0);
  descriptor.writeBigUInt64LE(koffi.address(steps), 8);
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, descriptor, descriptor.length) < 0)
    throw kernelError("filter a packet socket", koffi.errno());
}

/** Makes a link take frames for a group as long as the socket is open (`struct packet_mreq`). */
export function joinGroup(fd: number, ifIndex: number, group: Uint8Array): void {
  const request = Buffer.alloc(16);
  request.writeInt32LE(ifIndex, 0);
  request.writeUInt16LE(PACKET_MR_MULTICAST, 4);
  request.writeUInt16LE(group.length, 6);
  request.set(group, 8);
  if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, request.length) < 0)
    throw kernelError("join a multicast group", koffi.errno());
}

/** Receives one packet without waiting; undefined: none is there (any more). */
export function receivePacket(fd: number, buffer: Uint8Array): { length: number; sender: Uint8Array } | undefined {
  const address = new Uint8Array(20); // struct sockaddr_ll
  const size = new Uint32Array([address.length]);
  const length: number = recvfrom(fd, buffer, buffer.length, MSG_DONTWAIT, address, size);
  if (length < 0) {
    const errno = koffi.errno();
    if (notNow.includes(errno)) return undefined;
    throw kernelError(`receive from a packet socket (family ${AF_PACKET})`, errno);
  }
  return { length, sender: address.subarray(12, 12 + (address[11] ?? 0)) };
}
