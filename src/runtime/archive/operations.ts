import { constants, openSync, readdirSync } from "node:fs";
import { Readable } from "node:stream";
import type { FileAccess } from "../../contracts/file-access.ts";
import { decompressed } from "../decompress.ts";
import { lookUpUser } from "../spec/process-user.ts";
import { smallFileText } from "../spec/small-file.ts";
import { ByteReader } from "./byte-reader.ts";
import { overlayChanges } from "./changes.ts";
import { extract } from "./extract.ts";
import { Inside } from "./inside.ts";
import { locate, pathStat } from "./path-stat.ts";
import { type ArchiveAnswer, type ArchiveRequest, Refusal } from "./protocol.ts";
import { tarContent, tarDirectory, tarEnd, tarFile } from "./tar-program.ts";
import { openLower, openView } from "./view.ts";

/** What an operation works with: its answer goes to `tell`; archives go to standard output and come from `input`. */
export interface WorkerSide {
  readonly access: FileAccess;
  readonly input: AsyncIterable<Uint8Array>;
  tell(answer: ArchiveAnswer): void;
}

/** Carries a request out, in the process that is made for it. */
export async function perform(request: ArchiveRequest, side: WorkerSide): Promise<void> {
  switch (request.do) {
    case "stat":
    case "read":
      return readPath(request, side);
    case "write":
      return write(request, side);
    case "makeDirectory":
      return makeDirectory(request, side);
    case "export":
      return exportRoot(request, side);
    case "changes":
      return changes(request, side);
    case "copyUp":
      return copyUp(request, side);
  }
}

type ReadRequest = Extract<ArchiveRequest, { readonly do: "stat" | "read" }>;
type RequestTo<D extends ArchiveRequest["do"]> = Extract<ArchiveRequest, { readonly do: D }>;

async function readPath({ do: what, view, path }: ReadRequest, { access, tell }: WorkerSide): Promise<void> {
  const inside = openView(view, access);
  using found = locate(inside, path);
  const stat = pathStat(inside, path, found.entry);
  tell({ stat });
  if (what === "stat") return;
  if (!found.entry.isDirectory()) return tarEnd(tarFile(found.parent.fd, found.name, "inherit"));
  using directory = inside.child(found.parent, found.name);
  await tarEnd(tarDirectory(directory.fd, stat.name, "inherit"));
}

function makeDirectory({ view, path }: RequestTo<"makeDirectory">, { access, tell }: WorkerSide): void {
  const inside = openView(view, access);
  try {
    inside.makeDirectory(inside.resolve(path))[Symbol.dispose]();
  } catch (error) {
    if ((error as { errno?: string }).errno !== "ENOTDIR") throw error;
    throw new Refusal(`Cannot mkdir: ${path} is not a directory`);
  }
  tell({ done: true });
}

/** Names without "./", as docker export has them. */
async function exportRoot({ view }: RequestTo<"export">, { access, tell }: WorkerSide): Promise<void> {
  const inside = openView(view, access);
  using root = inside.directory("/");
  tell({ done: true });
  await tarEnd(tarContent(root.fd, readdirSync(root.path, { encoding: "buffer" }), "inherit"));
}

async function write(request: RequestTo<"write">, { access, input, tell }: WorkerSide): Promise<void> {
  const inside = openView(request.view, access);
  tell({ opened: true });
  const into = inside.resolve(request.path);
  try {
    inside.directory(into)[Symbol.dispose]();
  } catch (error) {
    if ((error as { errno?: string }).errno !== "ENOTDIR") throw error;
    throw new Refusal("extraction point is not a directory");
  }
  refuseReadOnly(request, into);
  const { user, noOverwriteDirNonDir } = request;
  const owner = user === undefined ? {} : { owner: lookUpUser(user, userFiles(inside)) };
  const { stream } = await decompressed(Readable.from(input));
  await extract(new ByteReader(stream), inside, { into, noOverwriteDirNonDir, withRoot: false, ...owner });
  tell({ done: true });
}

/** In Docker's words. Links in the archive that lead into a read-only place all the same are refused by the kernel. */
function refuseReadOnly({ view }: RequestTo<"write">, into: string): void {
  const around = view.mounts.filter(({ target }) => into === target || into.startsWith(`${target}/`));
  const innermost = around.toSorted((a, b) => b.target.length - a.target.length)[0];
  if (innermost?.readOnly) throw new Refusal("mounted volume is marked read-only");
  if (!innermost && view.readOnly) throw new Refusal("container rootfs is marked read-only");
}

function userFiles(inside: Inside): { passwd: string; group: string } {
  const read = (path: string): string => {
    try {
      using file = inside.open(path, inside.access.pathOnly);
      return smallFileText(file.fd, path);
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes((error as { errno?: string }).errno ?? "")) return "";
      throw error;
    }
  };
  return { passwd: read("/etc/passwd"), group: read("/etc/group") };
}

function changes({ lower, upper }: RequestTo<"changes">, { access, tell }: WorkerSide): void {
  tell({ changes: overlayChanges(openLower(lower, access), insideOf(upper, access)) });
}

const insideOf = (directory: string, access: FileAccess): Inside =>
  new Inside(openSync(directory, access.pathOnly | constants.O_DIRECTORY), access);

/** From a root to a volume. Either may be written to meanwhile, by containers that share it. */
async function copyUp({ lower, path, into }: RequestTo<"copyUp">, { access, tell }: WorkerSide): Promise<void> {
  const image = openLower(lower, access);
  const volume = insideOf(into, access);
  try {
    using source = image.directory(path);
    const tar = tarDirectory(source.fd, ".", "pipe");
    const ended = tarEnd(tar);
    ended.catch(() => undefined); // awaited below
    const reader = new ByteReader(tar.stdout as AsyncIterable<Uint8Array>);
    await extract(reader, volume, { into: "/", noOverwriteDirNonDir: false, withRoot: true });
    await ended;
  } catch (error) {
    // The image has nothing there, or no directory: the volume stays empty.
    if (!["ENOENT", "ENOTDIR"].includes((error as { errno?: string }).errno ?? "")) throw error;
  }
  tell({ done: true });
}
