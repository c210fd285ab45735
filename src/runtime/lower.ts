import { mkdirSync, mkdtempSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Mounts } from "../contracts/mounts.ts";
import { namesIn } from "./layout.ts";

/** A root without a container's own layer, to be read. */
export interface Lower extends AsyncDisposable {
  readonly path: string;
}

/** Several layers are put together by a mount of their own. */
export function openLower(mounts: Mounts, scratch: string, layers: readonly string[]): Lower {
  const [first = "/"] = layers;
  if (layers.length === 1) return { path: first, async [Symbol.asyncDispose]() {} };
  mkdirSync(scratch, { recursive: true });
  const target = mkdtempSync(join(scratch, "root-"));
  mounts.overlay({ lower: layers, target });
  return { path: target, [Symbol.asyncDispose]: () => close(mounts, target) };
}

async function close(mounts: Mounts, target: string): Promise<void> {
  await mounts.unmount(target);
  await rmdir(target);
}

/** What a daemon that was killed left. */
export async function closeLowers(mounts: Mounts, scratch: string): Promise<void> {
  for (const name of namesIn(scratch)) await close(mounts, join(scratch, name));
  await rm(scratch, { recursive: true, force: true });
}
