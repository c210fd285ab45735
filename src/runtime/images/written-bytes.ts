import { existsSync } from "node:fs";
import { findRecords } from "./find-files.ts";

/** Bytes of the regular files below a directory, as layers are measured. */
export async function bytesBelow(find: string, directory: string): Promise<number> {
  if (!existsSync(directory)) return 0;
  let bytes = 0;
  for await (const size of findRecords(find, directory, ["-type", "f", "-printf", "%s\\0"])) bytes += Number(size);
  return bytes;
}
