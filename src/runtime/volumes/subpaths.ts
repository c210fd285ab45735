import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { getSystemErrorMap } from "node:util";
import { invalid } from "../../base/errors.ts";
import { KernelError } from "../../base/kernel-error.ts";
import type { Mounts } from "../../contracts/mounts.ts";
import type { RunPlan } from "../../contracts/runtime.ts";
import { namesIn } from "../layout.ts";
import { volumePath } from "../spec/user-mounts.ts";

/**
 * Subpaths of volumes, pinned for one run. Whoever writes to the volume may swap a directory for a link at any time
 * between our look and runc's mount; so what was found, inside the volume, is mounted in a place that only we reach.
 */
export class Subpaths {
  readonly #directory: string;
  readonly #mounts: Mounts;

  constructor(directory: string, mounts: Mounts) {
    this.#directory = directory;
    this.#mounts = mounts;
  }

  /** Target to source, for the mounts that name a subpath. */
  open(plan: RunPlan): Map<string, string> {
    const sources = new Map<string, string>();
    for (const mount of plan.container.config.mounts) {
      const path = mount.volume?.subpath;
      if (mount.type !== "volume" || !path) continue;
      const place = join(this.#directory, plan.container.id, String(sources.size));
      mkdirSync(join(this.#directory, plan.container.id), { recursive: true, mode: 0o700 });
      try {
        this.#mounts.bindInside({ root: volumePath(plan, mount), path, target: place });
      } catch (cause) {
        throw notFound(path, mount.source, cause);
      }
      sources.set(mount.target, place);
    }
    return sources;
  }

  /** Idempotent. Removes empty directories and files only: were one still mounted, its volume would be at stake. */
  async close(containerId: string): Promise<void> {
    const directory = join(this.#directory, containerId);
    for (const name of namesIn(directory)) {
      const place = join(directory, name);
      await this.#mounts.unmount(place);
      removeEmpty(place);
    }
    removeEmpty(directory);
  }
}

function notFound(path: string, volume: string, cause: unknown): unknown {
  if (!(cause instanceof KernelError)) return cause;
  if (cause.errno === "EXDEV") {
    return invalid("mount", `path concatenation escapes the base directory, volume: "${volume}", subpath: "${path}"`);
  }
  // In words: from "no such file or directory" the docker CLI makes its exit code 127.
  const words = [...getSystemErrorMap().values()].find(([name]) => name === cause.errno)?.[1];
  return invalid("mount", `cannot access path "${path}" of volume ${volume}: ${words ?? cause.errno}`);
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    if (code !== "ENOTDIR") throw cause;
    rmSync(path);
  }
}
