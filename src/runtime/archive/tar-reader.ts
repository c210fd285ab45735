import type { ByteReader } from "./byte-reader.ts";
import { Refusal } from "./protocol.ts";

/** An entry of a tar archive: POSIX.1-2017 pax, ustar, and the extensions of GNU tar that Docker's clients send. */
export interface TarEntry {
  readonly name: string;
  /** ustar's letter: "0" file, "1" hard link, "2" link, "3" and "4" devices, "5" directory, "6" FIFO. */
  readonly type: string;
  /** Permissions alone. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly linkName: string;
  readonly device: { readonly major: number; readonly minor: number };
  readonly attributes: ReadonlyMap<string, Buffer>;
}

const block = 512;
/** Long names and pax records; a program's capabilities are some 20 bytes. */
const longestExtension = 1024 * 1024;

/** Calls `take` for each entry, with its content, of which it may leave what it does not want. */
export async function readTar(
  reader: ByteReader,
  take: (entry: TarEntry, content: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  let global = new Map<string, Buffer>();
  let extra = new Map<string, Buffer>();
  for (;;) {
    const header = await reader.read(block);
    // Two blocks of zeros are the end; some writers leave out one or both.
    if (header === undefined || header.every((byte) => byte === 0)) break;
    checkSum(header);
    const plain = parseHeader(header);
    if ("gxLK".includes(plain.type)) {
      const text = await extension(reader, plain.size);
      if (plain.type === "g") global = new Map([...global, ...paxRecords(text)]);
      else if (plain.type === "x") extra = new Map([...extra, ...paxRecords(text)]);
      else extra.set(plain.type === "L" ? "path" : "linkpath", cutAtNul(text));
      continue;
    }
    const entry = withRecords(plain, new Map([...global, ...extra]));
    extra = new Map();
    await takeOne(reader, entry, take);
  }
  await reader.drain();
}

async function takeOne(reader: ByteReader, entry: TarEntry, take: Parameters<typeof readTar>[1]): Promise<void> {
  // Only files have content, whatever the size of others says.
  const size = "07".includes(entry.type) ? entry.size : 0;
  const content = reader.chunks(size);
  await take(entry, content);
  for await (const _rest of content) {
    // What was not wanted.
  }
  const padding = (block - (size % block)) % block;
  if (padding > 0) await reader.read(padding);
}

async function extension(reader: ByteReader, size: number): Promise<Buffer> {
  if (size > longestExtension) throw new Refusal("invalid tar header: an extension is too long");
  const bytes = Buffer.from((await reader.read(Math.ceil(size / block) * block)) ?? []);
  return bytes.subarray(0, size);
}

/** The sum of all bytes, with the sum's own field taken as blanks. */
function checkSum(header: Buffer): void {
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (sum !== octal(header.subarray(148, 156))) throw new Refusal("invalid tar header");
}

function parseHeader(header: Buffer): TarEntry {
  const text = (from: number, length: number) => cutAtNul(header.subarray(from, from + length)).toString("utf8");
  const number = (from: number, length: number) => octal(header.subarray(from, from + length));
  const type = String.fromCharCode(header[156] ?? 0).replace("\0", "0");
  const isUstar = text(257, 6).startsWith("ustar");
  // GNU tar's "ustar  " has other things where POSIX has the prefix.
  const prefix = isUstar && header[263] === 0x30 ? text(345, 155) : "";
  const name = prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`;
  return {
    name,
    // Before POSIX, a directory was a file with a slash at its end.
    type: type === "0" && name.endsWith("/") ? "5" : type,
    mode: number(100, 8) & 0o7777,
    ...{ uid: number(108, 8), gid: number(116, 8), size: number(124, 12), mtime: number(136, 12) },
    linkName: text(157, 100),
    device: isUstar ? { major: number(329, 8), minor: number(337, 8) } : { major: 0, minor: 0 },
    attributes: new Map(),
  };
}

/** Octal digits, or, with the first bit set, a binary number of GNU tar. */
function octal(field: Buffer): number {
  const first = field[0] ?? 0;
  if ((first & 0x80) === 0) return Number.parseInt(field.toString("latin1").replace(/[\0 ]/g, "") || "0", 8);
  const value = field.subarray(1).reduce((total, byte) => total * 256 + byte, first & 0x3f);
  // Two's complement: before 1970.
  return (first & 0x40) === 0 ? value : value - 2 ** (8 * field.length - 2);
}

/** "LENGTH key=value\n", one after the other; values are bytes. */
export function paxRecords(bytes: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString("latin1", at, blank));
    const equals = bytes.indexOf(0x3d, blank);
    const isRecord = blank > at && Number.isInteger(length) && length > 0 && at + length <= bytes.length && equals > 0;
    if (!isRecord || equals >= at + length) throw new Refusal("invalid tar header: a pax record is broken");
    records.set(bytes.toString("utf8", blank + 1, equals), bytes.subarray(equals + 1, at + length - 1));
    at += length;
  }
  return records;
}

const attributePrefix = "SCHILY.xattr.";

function withRecords(entry: TarEntry, records: ReadonlyMap<string, Buffer>): TarEntry {
  if (records.size === 0) return entry;
  if ([...records.keys()].some((key) => key.startsWith("GNU.sparse."))) {
    throw new Refusal(
      `cannot unpack "${entry.name}": sparse files are not supported, make the archive without --sparse`,
    );
  }
  const text = (key: string, otherwise: string) => records.get(key)?.toString("utf8") ?? otherwise;
  const number = (key: string, otherwise: number) => Number(records.get(key) ?? otherwise);
  const attributes = [...records].flatMap(([key, value]) =>
    key.startsWith(attributePrefix) ? [[key.slice(attributePrefix.length), value] as const] : [],
  );
  return {
    ...entry,
    name: text("path", entry.name),
    linkName: text("linkpath", entry.linkName),
    ...{ uid: number("uid", entry.uid), gid: number("gid", entry.gid), size: number("size", entry.size) },
    mtime: number("mtime", entry.mtime),
    attributes: new Map(attributes),
  };
}

function cutAtNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
