import { DnsFormatError } from "./error.ts";
import { decodeName, encodeName } from "./name.ts";

/** A stretch of a message that a field may read; names may point anywhere before it. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
}

/** Reads and writes one field of a record. */
export interface Field<T> {
  decode(cursor: Cursor): T;
  encode(value: T): Uint8Array;
}

/** Takes the next `length` octets. */
export function take(cursor: Cursor, length: number): Uint8Array {
  const { at } = cursor;
  if (at + length > cursor.end) throw new DnsFormatError(`a field of ${length} octets runs past the end, at ${at}`);
  cursor.at += length;
  return cursor.bytes.subarray(at, cursor.at);
}

const unsigned = (size: 1 | 2 | 4): Field<number> => ({
  decode: (cursor) => take(cursor, size).reduce((value, octet) => value * 256 + octet, 0),
  encode: (value) =>
    Uint8Array.from({ length: size }, (_, index) => Math.floor(value / 256 ** (size - 1 - index)) % 256),
});

export const u8: Field<number> = unsigned(1);
export const u16: Field<number> = unsigned(2);
export const u32: Field<number> = unsigned(4);

/** A domain name; written without compression, as RFC 3597 section 4 asks of all but the oldest types. */
export const domain: Field<string> = {
  decode(cursor) {
    const { name, end } = decodeName(cursor.bytes, cursor.at);
    if (end > cursor.end) throw new DnsFormatError(`a name runs past its record, at ${cursor.at}`);
    cursor.at = end;
    return name;
  },
  encode: encodeName,
};

/** An IPv4 or IPv6 address as its octets. */
export const octets = (length: number): Field<Uint8Array> => ({
  decode: (cursor) => new Uint8Array(take(cursor, length)),
  encode: (value) => value,
});

/** Everything that is left. */
export const rest: Field<Uint8Array> = {
  decode: (cursor) => new Uint8Array(take(cursor, cursor.end - cursor.at)),
  encode: (value) => value,
};

/** Character strings (RFC 1035 section 3.3) up to the end, one character an octet. */
export const texts: Field<readonly string[]> = {
  decode(cursor) {
    const strings: string[] = [];
    while (cursor.at < cursor.end) strings.push(Buffer.from(take(cursor, u8.decode(cursor))).toString("latin1"));
    return strings;
  },
  encode: (strings) =>
    Buffer.concat(strings.map((text) => Buffer.from(String.fromCharCode(text.length) + text, "latin1"))),
};
