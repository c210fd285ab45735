import type { Mounts } from "./mounts.ts";

/** How FileAccess.open() treats links: as if the directory were the root; errors when they lead out of it (EXDEV); errors (ELOOP). */
export type Links = "inRoot" | "beneath" | "none";

/** What Node does not offer for files: paths that cannot leave a directory, attributes, devices, mounts. Synchronous. */
export interface FileAccess {
  /**
   * Opens `path` below a directory and nothing outside of it, whatever is renamed or linked meanwhile: the kernel checks
   * every step (openat2(2)). `flags`: O_* of open(2). Throws KernelError. Close it with fs.closeSync().
   */
  open(directory: number, path: string, how: { readonly flags: number; readonly links: Links }): number;
  /** O_PATH of open(2), which node:fs lacks. */
  readonly pathOnly: number;
  /** An extended attribute of what a path leads to; undefined without one, and where the file system has none. */
  attribute(path: string, name: string): Uint8Array | undefined;
  /** Of an open file. Throws KernelError. */
  setAttribute(fd: number, name: string, value: Uint8Array): void;
  /** A device, FIFO or socket; `mode` with its type. Throws KernelError. */
  makeNode(path: string, mode: number, device: { readonly major: number; readonly minor: number }): void;
  /** Mounts `source` on `target` too, with all that is mounted below it if `recursive`. */
  bind(source: string, target: string, options: { readonly recursive: boolean }): void;
  /** Makes the mount that `target` is the root of read-only. */
  makeReadOnly(target: string): void;
  /** As that of Mounts. */
  readonly overlay: Mounts["overlay"];
}
