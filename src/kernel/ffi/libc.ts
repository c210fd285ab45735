import koffi from "koffi";
import { kernelError } from "./errno.ts";

/*
 * The calls that Node does not offer, synchronous all: they run on the calling thread, and so in its namespace. Buffers
 * are passed without a copy. Files are opened with node:fs, whose synchronous calls run on the calling thread too.
 */
const lib = koffi.load("libc.so.6");
const calls = {
  socket: lib.func("int socket(int family, int type, int protocol)"),
  bind: lib.func("int bind(int fd, void *address, uint32_t length)"),
  listen: lib.func("int listen(int fd, int backlog)"),
  setsockopt: lib.func("int setsockopt(int fd, int level, int name, void *value, uint32_t length)"),
  getsockname: lib.func("int getsockname(int fd, void *address, void *length)"),
  send: lib.func("long send(int fd, void *bytes, size_t length, int flags)"),
  sendto: lib.func("long sendto(int fd, void *bytes, size_t length, int flags, void *address, uint32_t addressLength)"),
  recv: lib.func("long recv(int fd, void *bytes, size_t length, int flags)"),
  close: lib.func("int close(int fd)"),
  poll: lib.func("int poll(void *fds, unsigned long count, int timeoutMs)"),
  eventfd: lib.func("int eventfd(unsigned int initial, int flags)"),
  unshare: lib.func("int unshare(int flags)"),
  setns: lib.func("int setns(int fd, int type)"),
  mount: lib.func("int mount(str source, str target, str type, unsigned long flags, str data)"),
  umount2: lib.func("int umount2(str target, int flags)"),
  ioctl: lib.func("int ioctl(int fd, unsigned long request, void *argument)"),
};

/** asm-generic values: the same on x86-64 and arm64, the two machines we run on. */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;
export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_ICMPV6 = 58;
export const IPPROTO_SCTP = 132;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_RCVBUFFORCE = 33;
const SO_BINDTODEVICE = 25;
export const SOL_IP = 0;
export const SOL_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const MSG_DONTWAIT = 0x40;
export const CLONE_NEWNET = 0x40000000;
export const MS_RDONLY = 1;
export const MS_REMOUNT = 32;
export const MS_BIND = 4096;
export const MS_REC = 16384;
export const MS_SHARED = 1 << 20;
export const MNT_DETACH = 2;
const POLLIN = 1;
const SOCK_CLOEXEC = 0o2000000;
const EINTR = 4;

function check(result: number, operation: string): number {
  if (result >= 0) return result;
  throw kernelError(operation, koffi.errno());
}

/** A new socket of the namespace this thread is in; never inherited by children. Close it with close(). */
export const socket = (family: number, type: number, protocol: number): number =>
  check(calls.socket(family, type | SOCK_CLOEXEC, protocol), `open a socket (family ${family}, protocol ${protocol})`);

/** `address` as sockaddr.ts makes it; `what` names it in the error: "127.0.0.1:8080/tcp". */
export function bind(fd: number, address: Uint8Array, what: string): void {
  check(calls.bind(fd, address, address.length), `bind to ${what}`);
}

export function listen(fd: number, backlog: number): void {
  check(calls.listen(fd, backlog), "listen on a socket");
}

/** Sets an option of `int` type. */
export function setSocketOption(fd: number, level: number, name: number, value: number): void {
  const bytes = new Int32Array([value]);
  check(calls.setsockopt(fd, level, name, bytes, bytes.byteLength), `set socket option ${level}/${name}`);
}

/** Packets go out and come in through this link only; throws ENODEV without it. */
export function bindToDevice(fd: number, link: string): void {
  const name = Buffer.from(`${link}\0`);
  check(calls.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length), `bind to link "${link}"`);
}

/** The bound address, as raw sockaddr bytes; sockaddr.ts reads them. */
export function socketName(fd: number): Uint8Array {
  const bytes = new Uint8Array(128); // struct sockaddr_storage
  const length = new Uint32Array([bytes.length]);
  check(calls.getsockname(fd, bytes, length), "read the name of a socket");
  return bytes.subarray(0, length[0]);
}

/** Sends on a connected socket, or to `address`. */
export function send(fd: number, bytes: Uint8Array, address?: Uint8Array): number {
  const sent = address
    ? calls.sendto(fd, bytes, bytes.length, 0, address, address.length)
    : calls.send(fd, bytes, bytes.length, 0);
  return check(sent, `send ${bytes.length} bytes`);
}

/** Receives into `buffer` and returns the length; goes on after a signal. */
export function receive(fd: number, buffer: Uint8Array, flags = 0): number {
  for (;;) {
    const length: number = calls.recv(fd, buffer, buffer.length, flags);
    if (length >= 0) return length;
    const errno = koffi.errno();
    if (errno !== EINTR) throw kernelError("receive from a socket", errno);
  }
}

export function close(fd: number): void {
  check(calls.close(fd), `close descriptor ${fd}`);
}

/** Waits until one of `fds` can be read and returns those. Blocks the thread: for worker threads. `timeoutMs` -1: for ever. */
export function pollReadable(fds: readonly number[], timeoutMs: number): number[] {
  const entries = new DataView(new ArrayBuffer(8 * fds.length)); // struct pollfd: int fd; short events, revents
  for (const [index, fd] of fds.entries()) {
    entries.setInt32(8 * index, fd, true);
    entries.setInt16(8 * index + 4, POLLIN, true);
  }
  const ready: number = calls.poll(new Uint8Array(entries.buffer), fds.length, timeoutMs);
  const errno = ready < 0 ? koffi.errno() : 0;
  if (errno === EINTR) return [];
  check(errno ? -1 : ready, "poll descriptors");
  return fds.filter((_fd, index) => entries.getInt16(8 * index + 6, true) !== 0);
}

/** A counter to wake a poller with: fs.writeSync(fd, 8 bytes). EFD_CLOEXEC is SOCK_CLOEXEC is O_CLOEXEC. */
export const eventFd = (): number => check(calls.eventfd(0, SOCK_CLOEXEC), "open an eventfd");

export function unshare(flags: number): void {
  check(calls.unshare(flags), "make a namespace");
}

/** Moves this thread into the namespace that `fd` stands for. */
export function setns(fd: number, type: number): void {
  check(calls.setns(fd, type), "enter a namespace");
}

export function mount(source: string, target: string, flags: number): void {
  check(calls.mount(source, target, null, flags, null), `mount ${source} on ${target}`);
}

export function unmount(target: string, flags: number): void {
  check(calls.umount2(target, flags), `unmount ${target}`);
}

const SIOCGIFINDEX = 0x8933;

/** Index of a link of the namespace that the socket `fd` belongs to; undefined without such a link. */
export function ifIndexOf(fd: number, name: string): number | undefined {
  const request = new Uint8Array(40); // struct ifreq: char name[16], then a union of which the index is a member
  request.set(Buffer.from(name).subarray(0, 15));
  if (calls.ioctl(fd, SIOCGIFINDEX, request) < 0) return undefined;
  return new DataView(request.buffer).getInt32(16, true);
}
