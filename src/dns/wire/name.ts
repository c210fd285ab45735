import { DnsFormatError } from "./error.ts";

/** RFC 1035 section 2.3.4: octets of a label and of a whole name on the wire. */
const MAX_LABEL = 63;
const MAX_NAME = 255;

/**
 * Domain names in three shapes: text ("web.net1.", with RFC 1035 section 5.1 escapes), bytes as they travel, and keys.
 * A key is the uncompressed wire form in lower case, one character an octet: what maps are keyed by. Length octets are
 * at most 63 and letters start at 65, so lowering a whole wire name never touches a length.
 */
export interface DecodedName {
  readonly name: string;
  /** Where the bytes after the name start (after the first pointer, if it had one). */
  readonly end: number;
}

/** Reads a possibly compressed name (RFC 1035 section 4.1.4). Pointers must lead backwards, so that none can loop. */
export function decodeName(bytes: Uint8Array, start: number): DecodedName {
  const labels: string[] = [];
  let at = start;
  let end = -1;
  let lowest = start; // every pointer leads below where the last one led
  let size = 1;
  for (;;) {
    const length = octet(bytes, at);
    if (length === 0) return { name: labels.length === 0 ? "." : `${labels.join(".")}.`, end: end < 0 ? at + 1 : end };
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | octet(bytes, at + 1);
      if (target >= lowest) throw new DnsFormatError(`a name at ${start} points forwards, to ${target}`);
      if (end < 0) end = at + 2;
      lowest = target;
      at = target;
      continue;
    }
    if (length > MAX_LABEL) throw new DnsFormatError(`a label at ${at} is of an unknown kind (${length >> 6})`);
    size += length + 1;
    if (size > MAX_NAME) throw new DnsFormatError(`the name at ${start} is longer than ${MAX_NAME} octets`);
    if (at + 1 + length > bytes.length) throw new DnsFormatError(`a label at ${at} runs past the end`);
    labels.push(labelText(bytes, at + 1, at + 1 + length));
    at += 1 + length;
  }
}

/** Writes a name without compression. Throws DnsFormatError for a name that has no wire form. */
export function encodeName(name: string): Uint8Array {
  const octets: number[] = [];
  for (const label of splitLabels(name)) {
    if (label.length === 0) throw new DnsFormatError(`the name "${name}" has an empty label`);
    if (label.length > MAX_LABEL) throw new DnsFormatError(`a label of "${name}" is longer than ${MAX_LABEL} octets`);
    octets.push(label.length, ...label);
  }
  octets.push(0);
  if (octets.length > MAX_NAME) throw new DnsFormatError(`the name "${name}" is longer than ${MAX_NAME} octets`);
  return Uint8Array.from(octets);
}

/** Key of a name given as text, with or without the final dot; undefined if it has no wire form (no question has it). */
export function nameKey(name: string): string | undefined {
  try {
    return Buffer.from(encodeName(name)).toString("latin1").toLowerCase();
  } catch (error) {
    if (error instanceof DnsFormatError) return undefined;
    throw error;
  }
}

/** `key` without its last labels `suffix` (a key too), if it ends with them at a label's edge: "web" of "web.net1". */
export function keyWithoutSuffix(key: string, suffix: string): string | undefined {
  if (key.length <= suffix.length || !key.endsWith(suffix)) return undefined;
  const edge = key.length - suffix.length;
  let at = 0;
  while (at < edge) at += 1 + key.charCodeAt(at);
  return at === edge ? `${key.slice(0, edge)}\0` : undefined;
}

function octet(bytes: Uint8Array, at: number): number {
  const value = bytes[at];
  if (value === undefined) throw new DnsFormatError(`a name runs past the end, at ${at}`);
  return value;
}

function labelText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += 1) text += octetText(bytes[at] as number);
  return text;
}

function octetText(value: number): string {
  if (value === 0x2e || value === 0x5c) return `\\${String.fromCharCode(value)}`;
  if (value > 0x20 && value < 0x7f) return String.fromCharCode(value);
  return `\\${String(value).padStart(3, "0")}`;
}

function splitLabels(name: string): number[][] {
  if (name === "." || name === "") return [];
  const labels: number[][] = [[]];
  let at = 0;
  while (at < name.length) {
    if (name[at] === ".") {
      at += 1;
      if (at < name.length) labels.push([]);
      continue;
    }
    const [value, length] = escaped(name, at);
    labels.at(-1)?.push(value);
    at += length;
  }
  return labels;
}

/** One octet of a name's text, and how many characters stand for it. */
function escaped(name: string, at: number): [value: number, length: number] {
  const digits = /^\\(\d{3})/.exec(name.slice(at, at + 4));
  const value = digits ? Number(digits[1]) : name.charCodeAt(name[at] === "\\" ? at + 1 : at);
  if (!(value <= 255)) throw new DnsFormatError(`the name "${name}" has a character that is no octet`);
  if (digits) return [value, 4];
  return [value, name[at] === "\\" ? 2 : 1];
}
