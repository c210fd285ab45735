import { promisify } from "node:util";
import koffi from "koffi";
import { kernelError } from "./errno.ts";

const lib = koffi.load("libc.so.6");
const mountCall = lib.func("int mount(str source, str target, str type, unsigned long flags, str data)");
const umountCall = lib.func("int umount2(str target, int flags)");
const umountInPool = promisify(umountCall.async) as (target: string, flags: number) => Promise<number>;

const MNT_DETACH = 2;

/** MS_NOSUID | MS_NODEV | MS_NOEXEC, include/uapi/linux/mount.h. */
export const quietFlags = 2 | 4 | 8;

/** Mounts a new file system of `type` with its own options (`data`), mount(2). */
export function mountFileSystem(type: string, target: string, data: string, flags = 0): void {
  if (mountCall(type, target, type, flags, data) < 0) throw kernelError(`mount ${type} on ${target}`, koffi.errno());
}

/**
 * Unmounts on a pool thread: the last unmount of an overlay writes the whole file system below it to disk, which may
 * take seconds. A failure there (its errno stays on that thread) is tried again here, lazily. Returns the error
 * if that fails too.
 */
export async function unmountInPool(target: string): Promise<Error | undefined> {
  if ((await umountInPool(target, 0)) === 0) return undefined;
  if (umountCall(target, MNT_DETACH) === 0) return undefined;
  return kernelError(`unmount ${target}`, koffi.errno());
}
