import {
  chmodSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  type Stats,
  symlinkSync,
  writeSync,
} from "node:fs";
import { posix } from "node:path";
import type { ByteReader } from "./byte-reader.ts";
import { type Inside, type OpenFile, opened, statOf } from "./inside.ts";
import { Refusal } from "./protocol.ts";
import { readTar, type TarEntry } from "./tar-reader.ts";

export interface ExtractOptions {
  /** The directory to unpack into, as the root has it, without links. */
  readonly into: string;
  readonly noOverwriteDirNonDir: boolean;
  /** Whose everything becomes, instead of whom the archive names. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** The entry "." gives its owner and mode to the directory itself. */
  readonly withRoot: boolean;
}

/**
 * Unpacks an archive below a root that somebody else may be writing to: see Inside. What is there is replaced as Docker
 * does it: a directory is merged with a directory, everything else goes first.
 */
export async function extract(reader: ByteReader, inside: Inside, options: ExtractOptions): Promise<void> {
  const directories: { path: string; mtime: number }[] = [];
  await readTar(reader, async (entry, content) => {
    const name = relativeName(entry.name);
    if (name === "") {
      if (options.withRoot && entry.type === "5") applyToRoot(inside, entry, options);
      return;
    }
    const path = posix.join(options.into, name);
    using parent = inside.makeDirectory(posix.dirname(path));
    await put({ inside, parent, name: posix.basename(path), entry, options }, content);
    if (entry.type === "5") directories.push({ path, mtime: entry.mtime });
  });
  // At the end, since whatever is put into a directory changes its time.
  for (const { path, mtime } of directories.reverse()) setTime(inside, path, mtime);
}

/** Without leading slashes and dots; one that leaves is refused, as Docker does. */
function relativeName(name: string): string {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new Refusal(`invalid path "${name}": it leads out of the directory`);
  return parts.join("/");
}

interface Put {
  readonly inside: Inside;
  readonly parent: OpenFile;
  readonly name: string;
  readonly entry: TarEntry;
  readonly options: ExtractOptions;
}

async function put(task: Put, content: AsyncIterable<Buffer>): Promise<void> {
  const { inside, parent, name, entry, options } = task;
  const there = statOf(parent, name);
  if (there && options.noOverwriteDirNonDir) refuseOther(there, entry, options.into);
  const merge = there?.isDirectory() && entry.type === "5";
  if (there && !merge) inside.remove(parent, name);
  const path = `${parent.path}/${name}`;
  switch (entry.type) {
    case "0":
    case "7":
      return putFile(task, content);
    case "1":
      return putHardLink(task);
    case "2":
      symlinkSync(entry.linkName, path);
      break;
    case "5":
      if (!merge) mkdirSync(path, { mode: 0o700 });
      return putDirectory(task);
    case "3":
    case "4":
    case "6":
      inside.access.makeNode(path, entry.mode | nodeTypes[entry.type], entry.device);
      break;
    default:
      return; // kinds that are no files: volume headers and the like
  }
  const { uid, gid } = options.owner ?? entry;
  lchownSync(path, uid, gid);
  // Nobody has put a link in a FIFO's place whose target we would change: chmod follows it. So by descriptor.
  if (entry.type !== "2") {
    using node = opened(inside.access.open(parent.fd, name, { flags: inside.access.pathOnly, links: "none" }));
    chmodSync(node.path, entry.mode);
  }
  lutimesSync(path, entry.mtime, entry.mtime);
}

/** S_IFCHR, S_IFBLK, S_IFIFO. */
const nodeTypes = { "3": 0o020000, "4": 0o060000, "6": 0o010000 } as const;

function refuseOther(there: Stats, { name, type }: TarEntry, into: string): void {
  if (there.isDirectory() && type !== "5") {
    throw new Refusal(`cannot overwrite directory "${posix.join(into, name)}" with non-directory "${into}"`);
  }
  if (!there.isDirectory() && type === "5") {
    throw new Refusal(`cannot overwrite non-directory "${posix.join(into, name)}" with directory "${into}"`);
  }
}

async function putFile({ inside, parent, name, entry, options }: Put, content: AsyncIterable<Buffer>): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const path = `${parent.path}/${name}`;
  using file = opened(openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
  for await (const chunk of content) {
    for (let at = 0; at < chunk.length; ) at += writeSync(file.fd, chunk, at);
  }
  applyTo(file, inside, entry, options);
  futimesSync(file.fd, entry.mtime, entry.mtime);
}

function putDirectory({ inside, parent, name, entry, options }: Put): void {
  using directory = inside.child(parent, name, constants.O_RDONLY);
  applyTo(directory, inside, entry, options);
}

/** The target is named from where the archive is unpacked, and stays inside of the root like everything else. */
function putHardLink({ inside, parent, name, entry, options }: Put): void {
  const target = posix.join(options.into, relativeName(entry.linkName));
  using place = inside.directory(posix.dirname(target));
  linkSync(`${place.path}/${posix.basename(target)}`, `${parent.path}/${name}`);
}

function applyToRoot(inside: Inside, entry: TarEntry, options: ExtractOptions): void {
  using directory = inside.open(options.into, constants.O_RDONLY | constants.O_DIRECTORY);
  applyTo(directory, inside, entry, options);
}

/** Owner first: it takes set-user-id and capabilities away. */
function applyTo(file: OpenFile, inside: Inside, entry: TarEntry, options: ExtractOptions): void {
  const { uid, gid } = options.owner ?? entry;
  fchownSync(file.fd, uid, gid);
  fchmodSync(file.fd, entry.mode);
  for (const [name, value] of entry.attributes) {
    // trusted.* is the host's (overlayfs keeps its marks there), system.* and the rest the kernel's.
    if (!/^(user\.|security\.capability$)/.test(name)) continue;
    inside.access.setAttribute(file.fd, name, value);
  }
}

function setTime(inside: Inside, path: string, mtime: number): void {
  try {
    using directory = inside.open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    futimesSync(directory.fd, mtime, mtime);
  } catch (error) {
    // Somebody has taken it away or put something else there.
    if (!["ENOENT", "ENOTDIR", "ELOOP"].includes((error as { errno?: string }).errno ?? "")) throw error;
  }
}
