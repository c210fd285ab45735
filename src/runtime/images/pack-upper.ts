import { lstatSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { LayerFiles } from "../../contracts/layer-files.ts";
import { ifThere } from "../if-there.ts";
import { runProgram } from "../run-program.ts";
import { findRecords, pathBelow } from "./find-files.ts";

interface PackParts {
  readonly programs: { readonly tar: string; readonly find: string };
  readonly files: LayerFiles;
}

/** Where the runtime mounts files of its own; without one in the image, an empty one is left there. */
const mountPoints = new Set(["etc/resolv.conf", "etc/hosts", "etc/hostname"]);

/** What a layer's archive is made of, as paths below the upper layer. */
interface Selection {
  /** Entries that go in as they are: whether there are any. */
  found: boolean;
  /** Of those, the ones at the top: tar finds the rest itself. */
  readonly top: string[];
  readonly excluded: string[];
  /** Marks for what is gone. */
  readonly added: string[];
}

/**
 * Packs a container's own layer as a layer of an image, with the archive's marks in place of overlayfs'. Returns false
 * when there is nothing in it. `scratch` is an empty directory.
 */
export async function packUpper(parts: PackParts, upper: string, scratch: string, archive: string): Promise<boolean> {
  const { found, top, excluded, added } = await select(parts, upper);
  if (!found && added.length === 0) return false;
  const marks = join(scratch, "marks");
  mkdirSync(marks, { recursive: true });
  for (const path of added) {
    mkdirSync(pathBelow(marks, dirname(path)), { recursive: true });
    writeFileSync(pathBelow(marks, path), "");
  }
  const list = (name: string, lines: readonly string[], end: string): string => {
    writeFileSync(join(scratch, name), lines.map((line) => `${line}${end}`).join(""), "latin1");
    return join(scratch, name);
  };
  const keep = ["--numeric-owner", "--acls", "--xattrs", "--xattrs-include=*", "--xattrs-exclude=trusted.overlay.*"];
  const without = ["--anchored", "--wildcards", "-X", list("excluded", excluded.map(patternOf), "\n")];
  const names = ["--null", "--verbatim-files-from"];
  // tar follows links in the middle of names that it is given, and none of the ones that it finds: a container that runs
  // could put a link to the host's files there. So it is given names of one part only.
  const from = ["-C", upper, "-T", list("top", top, "\0"), "-C", marks, "-T", list("added", added, "\0")];
  const options = ["-c", "-f", archive, ...keep, ...without, ...names];
  const { exitCode, stderr } = await runProgram(parts.programs.tar, [...options, ...from]);
  // 1: a file changed while it was read, as files of a container that runs do.
  if (exitCode > 1) throw new Error(`Cannot pack the container's files: ${stderr.trim()}`);
  return true;
}

async function select({ programs, files }: PackParts, upper: string): Promise<Selection> {
  const selection: Selection = { found: false, top: [], excluded: [], added: [] };
  const { top, excluded, added } = selection;
  for await (const record of findRecords(programs.find, upper, ["-printf", "%y%s %P\\0"])) {
    const [, type = "", size = "", path = ""] = /^(.)(\d+) (.*)$/s.exec(record) ?? [];
    const whole = pathBelow(upper, path);
    const gone = type === "c" && lstatSync(whole, { throwIfNoEntry: false })?.rdev === 0;
    if (gone) added.push(join(dirname(path), `.wh.${basename(path)}`));
    if (gone || type === "s" || (mountPoints.has(path) && type === "f" && size === "0")) excluded.push(path);
    else {
      selection.found = true;
      if (!path.includes("/")) top.push(path);
    }
    if (type === "d" && ifThere(() => files.isOpaque(whole))) added.push(join(path, ".wh..wh..opq"));
  }
  return selection;
}

/**
 * A pattern of tar's that only this path matches, on one line: a newline is every byte but the others, and a blank at the
 * end, which tar would cut off, is in brackets.
 */
const patternOf = (path: string): string =>
  path
    .replace(/[\\*?[]/g, "\\$&")
    .replaceAll("\n", "[!\x01-\x09\x0b-\xff]")
    .replace(/\s$/, "[$&]");
