import { writeFileSync } from "node:fs";
import type { Machine } from "../machine.ts";
import { busyboxRoot } from "./busybox.ts";
import { tarOf } from "./tar.ts";

/** Makes the image "busybox:latest", of a plain root file system, with `docker import`. */
export async function importBusybox(host: Machine): Promise<void> {
  const path = `${host.folder}/busybox.tar`;
  writeFileSync(host.pathOf(path), tarOf(busyboxRoot()));
  const { code, stderr } = await host.docker("import", path, "busybox:latest");
  if (code !== 0) throw new Error(`cannot import busybox: ${stderr}`);
}
