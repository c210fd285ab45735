import { KernelError } from "../../base/kernel-error.ts";
import type { Mounts } from "../../contracts/mounts.ts";
import { mountFileSystem, quietFlags, unmountInPool } from "../ffi/mount.ts";

/** "Not a mount point" and "no such directory": there is nothing to unmount. */
const gone = new Set(["EINVAL", "ENOENT"]);

/** Mounts of the namespace that this process is in. */
export const mounts: Mounts = {
  overlay({ lower, upper, work, target }) {
    const options = { lowerdir: lower, upperdir: upper, workdir: work };
    const data = Object.entries(options).map(([name, path]) => `${name}=${escapeOverlayPath(path)}`);
    mountFileSystem("overlay", target, data.join(","));
  },

  tmpfs({ target, sizeBytes, mode }) {
    mountFileSystem("tmpfs", target, `size=${sizeBytes},mode=${mode.toString(8)}`, quietFlags);
  },

  async unmount(target) {
    const failure = await unmountInPool(target);
    if (failure && !(failure instanceof KernelError && gone.has(failure.errno))) throw failure;
  },
};

/** Documentation/filesystems/overlayfs.rst: colons separate layers and commas options unless escaped. */
export const escapeOverlayPath = (path: string): string => path.replace(/[\\,:]/g, "\\$&");
