import { closeSync, constants, fstatSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { KernelError } from "../../base/kernel-error.ts";
import type { Mounts } from "../../contracts/mounts.ts";
import { MS_BIND, MS_REC, mount } from "../ffi/libc.ts";
import { mountFileSystem, quietFlags, unmountInPool } from "../ffi/mount.ts";
import { O_PATH, openInside } from "../ffi/open-inside.ts";
import { runMount } from "./mount-program.ts";

/** "Not a mount point" and "no such directory": there is nothing to unmount. */
const gone = new Set(["EINVAL", "ENOENT"]);

/** Mounts of the namespace that this process is in. */
export const mounts: Mounts = {
  overlay({ lower, upper, target }) {
    const { directory, names } = belowOne(lower);
    const data = [`lowerdir=${names.map(escapeOverlayPath).join(":")}`];
    if (upper) data.push(`upperdir=${escapeOverlayPath(upper.directory)}`, `workdir=${escapeOverlayPath(upper.work)}`);
    const home = process.cwd();
    process.chdir(directory);
    try {
      mountFileSystem("overlay", target, data.join(","));
    } finally {
      process.chdir(home);
    }
  },

  tmpfs({ target, sizeBytes, mode }) {
    mountFileSystem("tmpfs", target, `size=${sizeBytes},mode=${mode.toString(8)}`, quietFlags);
  },

  device: runMount,

  bindInside({ root, path, target }) {
    const directory = openSync(root, O_PATH | constants.O_DIRECTORY);
    try {
      const source = openInside(directory, path, { flags: O_PATH, links: "beneath" });
      try {
        makeTarget(target, fstatSync(source).isDirectory());
        // Through the descriptor: what was checked is what is mounted.
        mount(`/proc/self/fd/${source}`, target, MS_BIND | MS_REC);
      } finally {
        closeSync(source);
      }
    } finally {
      closeSync(directory);
    }
  },

  async unmount(target) {
    const failure = await unmountInPool(target);
    if (failure && !(failure instanceof KernelError && gone.has(failure.errno))) throw failure;
  },
};

function makeTarget(target: string, isDirectory: boolean): void {
  mkdirSync(isDirectory ? target : dirname(target), { recursive: true });
  if (!isDirectory) writeFileSync(target, "", { flag: "a" });
}

/**
 * Several layers are named relative to the directory that they are all in: mount(2) takes one page of options, and an
 * image may have more layers than full paths fit in there.
 */
function belowOne(paths: readonly string[]): { directory: string; names: readonly string[] } {
  const [first = "/"] = paths;
  if (paths.length === 1) return { directory: "/", names: paths };
  let directory = dirname(first);
  while (!paths.every((path) => path.startsWith(join(directory, "/")))) directory = dirname(directory);
  return { directory, names: paths.map((path) => relative(directory, path)) };
}

/** Documentation/filesystems/overlayfs.rst: colons separate layers and commas options unless escaped. */
export const escapeOverlayPath = (path: string): string => path.replace(/[\\,:]/g, "\\$&");
