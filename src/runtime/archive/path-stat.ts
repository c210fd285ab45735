import type { Stats } from "node:fs";
import { posix } from "node:path";
import type { PathStat } from "../../contracts/archive.ts";
import { type Inside, type OpenFile, statOf } from "./inside.ts";
import { Refusal } from "./protocol.ts";

/** A path as Docker's clients mean it: with "/" or "/." at the end, what a link leads to. */
export interface Located extends Disposable {
  readonly parent: OpenFile;
  /** In the parent; "." for the parent itself. */
  readonly name: string;
  readonly entry: Stats;
}

/** Absolute and without "..", but with the "/" or "/." at its end. */
export function absolutePath(path: string): string {
  const plain = posix.normalize(`/${path}`).replace(/(.)\/+$/, "$1");
  if (/(^|\/)\.\/*$/.test(path)) return plain === "/" ? "/." : `${plain}/.`;
  return path.endsWith("/") && plain !== "/" ? `${plain}/` : plain;
}

/** Throws KernelError ENOENT, and Refusal for a file where a directory is meant. */
export function locate(inside: Inside, path: string): Located {
  const absolute = absolutePath(path);
  const name = posix.basename(absolute);
  const itself = absolute.endsWith("/") || name === ".";
  let parent: OpenFile;
  try {
    parent = inside.directory(itself ? absolute : posix.dirname(absolute));
  } catch (error) {
    if ((error as { errno?: string }).errno === "ENOTDIR") throw new Refusal(`${path}: not a directory`);
    throw error;
  }
  const entry = statOf(parent, itself ? "." : name);
  if (entry) return { parent, name: itself ? "." : name, entry, [Symbol.dispose]: () => parent[Symbol.dispose]() };
  parent[Symbol.dispose]();
  throw Object.assign(new Error("no such file"), { errno: "ENOENT" });
}

/** Docker's X-Docker-Container-Path-Stat. */
export function pathStat(inside: Inside, path: string, entry: Stats): PathStat {
  const absolute = absolutePath(path);
  return {
    name: posix.basename(absolute) || "/",
    size: entry.size,
    mode: goMode(entry.mode),
    mtime: entry.mtime.toISOString(),
    linkTarget: entry.isSymbolicLink() ? inside.resolve(absolute) : "",
  };
}

/** S_IF* of stat(2), the type's four bits, to Go's os.FileMode (package io/fs). */
const types: Readonly<Record<number, number>> = {
  1: 2 ** 25, // named pipe
  2: 2 ** 26 + 2 ** 21, // character device
  4: 2 ** 31, // directory
  6: 2 ** 26, // block device
  8: 0,
  10: 2 ** 27, // link
  12: 2 ** 24, // socket
};

/** Sums, since bit 31 would make a negative number of a bitwise or. */
export function goMode(mode: number): number {
  const special = (mode & 0o4000 ? 2 ** 23 : 0) + (mode & 0o2000 ? 2 ** 22 : 0) + (mode & 0o1000 ? 2 ** 20 : 0);
  return (mode & 0o777) + special + (types[mode >> 12] ?? 0);
}
