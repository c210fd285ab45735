import { existsSync, mkdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { invalid } from "../../base/errors.ts";
import type { LayerFiles } from "../../contracts/layer-files.ts";
import { findRecords, pathBelow } from "./find-files.ts";
import { Hashing } from "./hashing.ts";
import { untar } from "./untar.ts";

export interface UnpackPrograms {
  readonly tar: string;
  readonly find: string;
}

/** Marks of a layer's archive for what lower layers have and it has not (OCI image-spec, layer.md, "Whiteouts"). */
const whiteoutPrefix = ".wh.";
const opaqueName = ".wh..wh..opq";

/** trusted.overlay.*: whoever could set them in a layer would steer what overlayfs shows. */
const keep = [
  "--numeric-owner",
  "--same-owner",
  "--same-permissions",
  "--acls",
  "--xattrs",
  "--xattrs-include=*",
  "--xattrs-exclude=trusted.overlay.*",
];

/**
 * Unpacks one layer, whatever it is compressed with, into an empty directory, with overlayfs' marks in place of the
 * archive's. tar keeps what it writes inside: it strips leading slashes, refuses "..", and makes links only after all
 * files; and no layer is unpacked over another, so that no link of a lower one is followed.
 */
export async function unpackLayer(
  parts: { readonly programs: UnpackPrograms; readonly files: LayerFiles },
  source: Readable,
  directory: string,
): Promise<{ diffId: string; size: number }> {
  const hashing = new Hashing();
  await untar({ tar: parts.programs.tar, options: keep, steps: [hashing] }, source, directory);
  if (hashing.bytes === 0) throw invalid("archive", "it is empty");
  const size = await convertMarks(parts, directory);
  return { diffId: hashing.digest(), size };
}

/** Returns the bytes of the layer's regular files. */
async function convertMarks(
  { programs, files }: Parameters<typeof unpackLayer>[0],
  directory: string,
): Promise<number> {
  let size = 0;
  const marks: string[] = [];
  const tests = ["-name", `${whiteoutPrefix}*`, "-printf", "w%P\\0", "-o", "-type", "f", "-printf", "s%s\\0"];
  for await (const record of findRecords(programs.find, directory, tests)) {
    if (record.startsWith("s")) size += Number(record.slice(1));
    else marks.push(record.slice(1));
  }
  for (const mark of marks) convertMark(files, directory, mark);
  return size;
}

function convertMark(files: LayerFiles, root: string, mark: string): void {
  const [parent, name] = [dirname(mark), basename(mark)];
  if (!existsSync(pathBelow(root, parent))) return; // it was below a mark itself
  const gone = name.slice(whiteoutPrefix.length);
  if (gone === "" || gone === "." || gone === "..") throw invalid("layer", `"${name}" is no whiteout`);
  rmSync(pathBelow(root, mark), { recursive: true, force: true });
  if (name === opaqueName) files.makeOpaque(pathBelow(root, parent));
  // aufs' own records (".wh..wh.plnk"), of old images, mean nothing.
  else if (!gone.startsWith(whiteoutPrefix)) whiteOut(files, pathBelow(root, join(parent, gone)));
}

/** A name that the same layer has beside its whiteout is there, as if the whiteout had come first. */
function whiteOut(files: LayerFiles, path: Buffer): void {
  try {
    files.makeWhiteout(path);
  } catch (cause) {
    if ((cause as { errno?: string }).errno !== "EEXIST") throw cause;
  }
}

/** Makes the directory that a layer is unpacked into. */
export function makeLayerRoot(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  return directory;
}
