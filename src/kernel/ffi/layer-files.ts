import { constants } from "node:os";
import koffi from "koffi";
import { kernelError } from "./errno.ts";

const lib = koffi.load("libc.so.6");
const mknodCall = lib.func("int mknod(const void *path, uint32_t mode, uint64_t device)");
const lsetxattrCall = lib.func("int lsetxattr(const void *path, str name, void *value, size_t size, int flags)");
const lgetxattrCall = lib.func("long lgetxattr(const void *path, str name, void *value, size_t size)");

const S_IFCHR = 0o020000;
const absent = new Set<number>([constants.errno.ENODATA, constants.errno.EOPNOTSUPP]);

/** As the kernel takes it; names are bytes. */
const terminated = (path: string | Buffer): Buffer => Buffer.concat([Buffer.from(path as string), Buffer.of(0)]);

/** A character device, mknod(2); 0 is number 0/0. */
export function makeCharacterDevice(path: string | Buffer, device: number): void {
  if (mknodCall(terminated(path), S_IFCHR, device) < 0) throw kernelError(`make device ${path}`, koffi.errno());
}

/** Sets an extended attribute of the file itself, never of what a link points to; lsetxattr(2). */
export function setAttribute(path: string | Buffer, name: string, value: string): void {
  const bytes = Buffer.from(value);
  if (lsetxattrCall(terminated(path), name, bytes, bytes.length, 0) < 0)
    throw kernelError(`set ${name} of ${path}`, koffi.errno());
}

/** undefined when the file has none of that name. Values are cut after 64 bytes' room: none we read is longer. */
export function attributeOf(path: string | Buffer, name: string): string | undefined {
  const bytes = Buffer.alloc(64);
  const length = Number(lgetxattrCall(terminated(path), name, bytes, bytes.length));
  if (length >= 0) return bytes.toString("utf8", 0, length);
  if (absent.has(koffi.errno())) return undefined;
  throw kernelError(`read ${name} of ${path}`, koffi.errno());
}
