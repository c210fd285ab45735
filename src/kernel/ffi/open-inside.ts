import koffi from "koffi";
import { kernelError } from "./errno.ts";

const lib = koffi.load("libc.so.6");
// openat2(2) has no wrapper in glibc; its number is the same on every machine. Since Linux 5.6.
const openat2 = lib.func("long syscall(long number, int directory, str path, void *how, size_t size)");
const SYS_openat2 = 437;

export const O_PATH = 0o10000000;
export const O_CLOEXEC = 0o2000000;

/** include/uapi/linux/openat2.h. Magic links (/proc/PID/root ...) are refused by RESOLVE_IN_ROOT as well. */
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const RESOLVE_IN_ROOT = 0x10;

export interface OpenInside {
  /** O_* of open(2); O_CLOEXEC is added. */
  readonly flags: number;
  /**
   * "inRoot": links are followed as if the directory were the root; "beneath": one that leads out of it is an error
   * (EXDEV), an absolute one in any case; "none": any on the way is an error (ELOOP).
   */
  readonly links: "inRoot" | "beneath" | "none";
}

const beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
const ways = { inRoot: RESOLVE_IN_ROOT, beneath, none: beneath | RESOLVE_NO_SYMLINKS } as const;

/**
 * Opens `path` below the directory that `directory` stands for, and nothing outside of it, whatever is renamed or linked
 * meanwhile: the kernel checks every step. Throws KernelError. Close it with fs.closeSync().
 */
export function openInside(directory: number, path: string, { flags, links }: OpenInside): number {
  const resolve = ways[links];
  const how = new BigUint64Array([BigInt(flags | O_CLOEXEC), 0n, BigInt(resolve)]);
  for (;;) {
    const fd = Number(openat2(SYS_openat2, directory, path, how, how.byteLength));
    if (fd >= 0) return fd;
    const failure = kernelError(`open "${path}"`, koffi.errno());
    // A rename on the system came in between, and the kernel could not be sure: openat2(2) says to try again.
    if (failure.errno !== "EAGAIN") throw failure;
  }
}
