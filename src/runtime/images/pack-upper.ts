import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { LayerFiles } from "../../contracts/layer-files.ts";
import { runProgram } from "../run-program.ts";
import { findRecords } from "./find-files.ts";

interface PackParts {
  readonly programs: { readonly tar: string; readonly find: string };
  readonly files: LayerFiles;
}

/** Where the runtime mounts files of its own; without one in the image, an empty one is left there. */
const mountPoints = new Set(["etc/resolv.conf", "etc/hosts", "etc/hostname"]);

/**
 * Packs a container's own layer as a layer of an image, with the archive's marks in place of overlayfs'. Returns false
 * when there is nothing in it. `scratch` is an empty directory.
 */
export async function packUpper(parts: PackParts, upper: string, scratch: string, archive: string): Promise<boolean> {
  const marks = join(scratch, "marks");
  const [own, added]: [string[], string[]] = [[], []];
  const mark = (path: string) => {
    mkdirSync(join(marks, dirname(path)), { recursive: true });
    writeFileSync(join(marks, path), "");
    added.push(path);
  };
  mkdirSync(marks, { recursive: true });
  for await (const record of findRecords(parts.programs.find, upper, ["-printf", "%y%s %P\\0"])) {
    const [, type = "", size = "", path = ""] = /^(.)(\d+) (.*)$/s.exec(record) ?? [];
    const whole = join(upper, path);
    if (type === "c" && statSync(whole).rdev === 0) mark(join(dirname(path), `.wh.${basename(path)}`));
    else if (type !== "s" && !(mountPoints.has(path) && type === "f" && size === "0")) own.push(path);
    if (type === "d" && parts.files.isOpaque(whole)) mark(join(path, ".wh..wh..opq"));
  }
  if (own.length + added.length === 0) return false;
  const lists = { own: join(scratch, "own"), added: join(scratch, "added") };
  writeFileSync(lists.own, own.map((path) => `${path}\0`).join(""));
  writeFileSync(lists.added, added.map((path) => `${path}\0`).join(""));
  const keep = ["--numeric-owner", "--acls", "--xattrs", "--xattrs-include=*", "--xattrs-exclude=trusted.overlay.*"];
  const names = ["--null", "--verbatim-files-from", "--no-recursion"];
  const from = ["-C", upper, "-T", lists.own, "-C", marks, "-T", lists.added];
  const { exitCode, stderr } = await runProgram(parts.programs.tar, ["-c", "-f", archive, ...keep, ...names, ...from]);
  // 1: a file changed while it was read, as files of a container that runs do.
  if (exitCode > 1) throw new Error(`Cannot pack the container's files: ${stderr.trim()}`);
  return true;
}
