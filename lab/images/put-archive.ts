import { writeFileSync } from "node:fs";
import type { Machine } from "../machine.ts";
import { dockerArchive, type TestImage } from "./docker-archive.ts";

/**
 * Writes an archive of the images into the host's folder, for `docker load -i`, and returns its path in there.
 *
 * @example
 * await host.docker("load", "-i", putArchive(host, { tags: ["small:1"], config: { Cmd: ["httpd", "-f"] } }));
 */
export function putArchive(host: Machine, ...images: readonly TestImage[]): string {
  const path = `${host.folder}/images-${count++}.tar`;
  writeFileSync(host.pathOf(path), dockerArchive(...images));
  return path;
}

let count = 0;

/** Loads the images through the API that the host serves, with the unmodified docker CLI. */
export async function loadImages(host: Machine, ...images: readonly TestImage[]): Promise<void> {
  const { code, stderr } = await host.docker("load", "--quiet", "-i", putArchive(host, ...images));
  if (code !== 0) throw new Error(`cannot load images: ${stderr}`);
}
