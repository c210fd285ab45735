import koffi from "koffi";
import { errnoName, kernelError } from "./errno.ts";

/* Calls about files that node:fs does not have. */
const lib = koffi.load("libc.so.6");
const getxattr = lib.func("long getxattr(str path, str name, void *value, size_t size)");
const fsetxattr = lib.func("int fsetxattr(int fd, str name, void *value, size_t size, int flags)");
const mknod = lib.func("int mknod(str path, unsigned int mode, uint64_t device)");

/** What "there is none" is called, xattr(7). */
const none = new Set(["ENODATA", "EOPNOTSUPP", "ENOTSUP", "ENOENT"]);
/** XATTR_SIZE_MAX, include/uapi/linux/limits.h. */
const longest = 65_536;

export function attribute(path: string, name: string): Uint8Array | undefined {
  const value = new Uint8Array(longest);
  const length = Number(getxattr(path, name, value, value.length));
  if (length >= 0) return value.slice(0, length);
  const errno = koffi.errno();
  if (none.has(errnoName(errno))) return undefined;
  throw kernelError(`read attribute ${name} of "${path}"`, errno);
}

export function setAttribute(fd: number, name: string, value: Uint8Array): void {
  if (fsetxattr(fd, name, value, value.length, 0) < 0) throw kernelError(`set attribute ${name}`, koffi.errno());
}

/** gnu_dev_makedev of glibc: twelve bits of the major number are low, the rest of both numbers high. */
const deviceNumber = ({ major, minor }: { major: number; minor: number }): bigint =>
  (BigInt(major & 0xfff) << 8n) | BigInt(minor & 0xff) | (BigInt(minor >>> 8) << 20n) | (BigInt(major >>> 12) << 44n);

export function makeNode(path: string, mode: number, device: { major: number; minor: number }): void {
  if (mknod(path, mode, deviceNumber(device)) < 0) throw kernelError(`make node "${path}"`, koffi.errno());
}
