import type { Rootfs } from "../model/container.ts";
import type { Volume } from "../model/volume.ts";

/** Fills an empty volume with what a root has at a path. */
export interface CopyUp {
  /**
   * `into`: a directory of the host, which gets owner and mode too. Nothing happens where the root has no directory
   * there, nor for the host's own root: its directories are no image's content.
   */
  copyUp(from: { readonly rootfs: Rootfs; readonly path: string }, into: string): Promise<void>;
}

/**
 * Directories of volumes. One that is being made is staged, one that is being removed is retired: both have names that
 * no volume can have, so that a crash at any instant leaves what the records can settle.
 */
export interface VolumeFiles {
  /** Where the volume's files are, on the host. */
  mountpoint(name: string): string;
  /** Makes the directory of a volume that has no record yet; returns where its files go. */
  stage(name: string): string;
  /** Gives a staged directory its name; makes one where there is none. Idempotent. */
  settle(name: string): void;
  /** Takes a directory its name, with all that is in it. Idempotent. */
  retire(name: string): void;
  /** Undoes retire(). */
  reinstate(name: string): void;
  /** Removes what is staged or retired. Idempotent; refuses to reach into a file system mounted there. */
  erase(name: string): Promise<void>;
  /** What there is on disk. */
  names(): { readonly settled: string[]; readonly staged: string[]; readonly retired: string[] };
  /** Calls `copy` with the directory if it is empty, or if an earlier copy was cut off. */
  fill(name: string, copy: (directory: string) => Promise<void>): Promise<void>;
  /** Mounts what the volume's options ask for on its mountpoint, unless that is done. */
  mount(volume: Volume): Promise<void>;
  /** Idempotent. */
  unmount(name: string): Promise<void>;
  /** Volumes on whose mountpoint something is mounted. */
  mounted(): string[];
  /** Bytes on disk. */
  size(name: string): Promise<number>;
}
