import { chmodSync, chownSync, mkdirSync, statSync } from "node:fs";
import { isAbsolute, normalize } from "node:path";
import { EngineError, invalid } from "../base/errors.ts";
import type { Mounts } from "../contracts/mounts.ts";
import type { Rootfs } from "../model/container.ts";
import type { ContainerLayout } from "./layout.ts";
import { secretsIn } from "./spec/protected-paths.ts";

/** Where images are unpacked, as far as roots need to know. */
export interface ImageRoots {
  /** Directories of an image's layers, the topmost first; none when there is no such image. */
  rootsOf(imageId: string): string[];
}

/** What an overlay is made of, as Mounts.overlay() takes it. */
export interface RootLayers {
  readonly lower: readonly string[];
  readonly upper: { readonly directory: string; readonly work: string };
}

export interface Roots {
  /** Throws when a root cannot be had. */
  check(rootfs: Rootfs): void;
  /** Makes the root ready and returns its path. Safe to repeat: what is mounted already is unmounted first. */
  open(rootfs: Rootfs, files: ContainerLayout): Promise<string>;
  close(files: ContainerLayout): Promise<void>;
  /** The layers of a root that is not mounted, the container's own made if it is not there yet. */
  layers(rootfs: Rootfs, files: ContainerLayout): RootLayers;
  /** What lies below the container's own layer, the topmost first. */
  lower(rootfs: Rootfs): string[];
  /** Paths inside the container that lead to the daemon's own files. */
  secrets(rootfs: Rootfs): string[];
}

/** `secrets`: the daemon's own directories and sockets on the host. */
export function createRoots(mounts: Mounts, images: ImageRoots, secrets: readonly string[]): Roots {
  const lowerOf = (rootfs: Rootfs): string[] => {
    if (rootfs.kind === "host") return ["/"];
    return rootfs.kind === "directory" ? [rootfs.path] : images.rootsOf(rootfs.imageId);
  };
  return {
    check(rootfs) {
      if (rootfs.kind === "image") imageMustExist(images, rootfs);
      if (rootfs.kind === "directory") directoryMustExist(rootfs.path);
    },
    async open(rootfs, files) {
      this.check(rootfs);
      if (rootfs.kind === "directory") return rootfs.path; // used as it is, as podman's --rootfs does
      mkdirSync(files.merged, { recursive: true });
      const layers = this.layers(rootfs, files);
      await mounts.unmount(files.merged);
      mounts.overlay({ ...layers, target: files.merged });
      return files.merged;
    },
    close: (files) => mounts.unmount(files.merged),
    layers(rootfs, { upper, work }) {
      this.check(rootfs);
      mkdirSync(work, { recursive: true });
      const lower = lowerOf(rootfs);
      makeUpper(upper, lower);
      return { lower, upper: { directory: upper, work } };
    },
    lower: lowerOf,
    secrets: (rootfs) => (rootfs.kind === "image" ? [] : lowerOf(rootfs).flatMap((lower) => secretsIn(lower, secrets))),
  };
}

/** The root directory of an overlay has the owner and mode of the upper one. */
function makeUpper(upper: string, [lower]: readonly string[]): void {
  if (!mkdirSync(upper, { recursive: true }) || lower === undefined) return; // of an earlier run
  const { mode, uid, gid } = statSync(lower);
  chownSync(upper, uid, gid);
  chmodSync(upper, mode & 0o7777);
}

function imageMustExist(images: ImageRoots, { imageId, reference }: Extract<Rootfs, { kind: "image" }>): void {
  const roots = images.rootsOf(imageId);
  if (roots.length > 0 && roots.every((root) => statSync(root, { throwIfNoEntry: false })?.isDirectory())) return;
  throw new EngineError("IMAGE_NOT_FOUND", { image: reference || imageId });
}

function directoryMustExist(path: string): void {
  if (!isAbsolute(path)) throw invalid("rootfs", `"${path}" must be an absolute path`);
  // A process cannot pivot into the root that it is in already, pivot_root(2).
  if (normalize(path) === "/") throw invalid("rootfs", 'the host\'s own root is "--rootfs host"');
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry) throw invalid("rootfs", `directory "${path}" does not exist`);
  if (!entry.isDirectory()) throw invalid("rootfs", `"${path}" is no directory`);
}
