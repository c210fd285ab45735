/** One thing in a tar archive. Made by the functions below. */
export interface Entry {
  readonly path: string;
  readonly type: "file" | "hardlink" | "symlink" | "directory";
  readonly mode: number;
  readonly owner: Owner;
  readonly content: Uint8Array;
  /** Of links. */
  readonly target: string;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

interface Attributes {
  readonly mode?: number;
  readonly owner?: Owner;
}

const root: Owner = { uid: 0, gid: 0 };
const nothing = new Uint8Array();

export function file(
  path: string,
  content: string | Uint8Array,
  { mode = 0o644, owner = root }: Attributes = {},
): Entry {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return { path, type: "file", mode, owner, content: bytes, target: "" };
}

export const directory = (path: string, { mode = 0o755, owner = root }: Attributes = {}): Entry => ({
  ...{ path, type: "directory", mode, owner, content: nothing, target: "" },
});

export const symlink = (path: string, target: string): Entry => ({
  ...{ path, type: "symlink", mode: 0o777, owner: root, content: nothing, target },
});

/** Takes away what a lower layer has at the path (OCI image-spec, layer.md, "Whiteouts"). */
export function whiteout(path: string): Entry {
  const slash = path.lastIndexOf("/") + 1;
  return file(`${path.slice(0, slash)}.wh.${path.slice(slash)}`, "");
}

/** Takes away all that lower layers have in the directory. */
export const opaque = (path: string): Entry => file(`${path}/.wh..wh..opq`, "");

const blockSize = 512;
const typeFlags = { file: "0", hardlink: "1", symlink: "2", directory: "5" } as const;
/** The same bytes, and so the same image ids, whenever they are made. */
const modified = Date.UTC(2026, 0, 1) / 1000;

/** The entries as a tar archive in POSIX' "ustar" format (pax(1)). */
export function tarOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const padding = Buffer.alloc(-entry.content.length & (blockSize - 1));
    return [headerOf(entry), entry.content, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockSize)]);
}

function headerOf({ path, type, mode, owner, content, target }: Entry): Buffer {
  const header = Buffer.alloc(blockSize);
  const name = type === "directory" ? `${path}/` : path;
  if (Buffer.byteLength(name) > 100 || Buffer.byteLength(target) > 100) {
    throw new Error(`"${name}" and "${target}" do not fit into a tar header of 100 bytes each`);
  }
  header.write(name, 0);
  for (const [value, offset, width] of [
    [mode, 100, 8],
    [owner.uid, 108, 8],
    [owner.gid, 116, 8],
    [content.length, 124, 12],
    [modified, 136, 12],
  ] as const) {
    header.write(value.toString(8).padStart(width - 1, "0"), offset);
  }
  header.write("        ", 148); // the sum is made with blanks in its own place
  header.write(typeFlags[type], 156);
  header.write(target, 157);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}
