/*
 * Bytes are described, not counted: a message is a fixed header struct plus a table name -> (type, codec). Encoder,
 * decoder and TypeScript type all come from the table. Integers are little-endian unless their name says otherwise:
 * netlink uses the machine's order, and both machines we run on (x86-64, arm64) are little-endian.
 */

/** Both directions between a value and its bytes. */
export interface Codec<T> {
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
}

/** A codec of known size, as a struct member. */
export interface FixedCodec<T> extends Codec<T> {
  readonly size: number;
}

export interface Attribute<T> {
  readonly type: number;
  readonly codec: Codec<T>;
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds attributes of every type; Values<> gives each its own back
export type AttributeTable = Readonly<Record<string, Attribute<any>>>;
export type Values<T extends AttributeTable> = {
  readonly [K in keyof T]?: (T[K] extends Attribute<infer V> ? V : never) | undefined;
};
// biome-ignore lint/suspicious/noExplicitAny: as above
type StructFields = Readonly<Record<string, FixedCodec<any>>>;
type StructValue<F extends StructFields> = { [K in keyof F]: F[K] extends FixedCodec<infer V> ? V : never };

/** A message: what it is called, its fixed header, and the attributes that follow. */
export interface MessageTable<H, T extends AttributeTable> {
  readonly name: string;
  readonly header: FixedCodec<H>;
  readonly attributes: T;
}

/** What decodeMessage() returns for a table. */
export type Decoded<M> = M extends MessageTable<infer H, infer T> ? { header: H; attributes: Values<T> } : never;

const NLA_HEADER = 4;
const NLA_TYPE_MASK = 0x3fff; // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
const NLA_F_NESTED = 0x8000;
const LE = true;

const align4 = (length: number): number => (length + 3) & ~3;
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Joins byte runs. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** Every integer is written here first: a DataView for each would cost more than all else in an encoder. */
const scratch = new Uint8Array(8);
const scratchView = view(scratch);

function fixed<T>(size: number, put: (to: DataView, value: T) => void, get: (from: DataView) => T): FixedCodec<T> {
  return {
    size,
    encode(value) {
      put(scratchView, value);
      return scratch.slice(0, size);
    },
    decode: (bytes) => get(view(bytes)),
  };
}

export const u8 = fixed<number>(
  1,
  (to, value) => to.setUint8(0, value),
  (from) => from.getUint8(0),
);
export const u16 = fixed<number>(
  2,
  (to, value) => to.setUint16(0, value, LE),
  (from) => from.getUint16(0, LE),
);
export const u32 = fixed<number>(
  4,
  (to, value) => to.setUint32(0, value, LE),
  (from) => from.getUint32(0, LE),
);
export const s32 = fixed<number>(
  4,
  (to, value) => to.setInt32(0, value, LE),
  (from) => from.getInt32(0, LE),
);
export const u64 = fixed<bigint>(
  8,
  (to, value) => to.setBigUint64(0, value, LE),
  (from) => from.getBigUint64(0, LE),
);
export const u16be = fixed<number>(
  2,
  (to, value) => to.setUint16(0, value),
  (from) => from.getUint16(0),
);
export const u32be = fixed<number>(
  4,
  (to, value) => to.setUint32(0, value),
  (from) => from.getUint32(0),
);

/** Bytes of a struct that nobody looks at. */
export const padding = (size: number): FixedCodec<undefined> => ({
  size,
  encode: () => new Uint8Array(size),
  decode: () => undefined,
});

/** Text with a terminating NUL (NLA_NUL_STRING). */
export const cString: Codec<string> = {
  encode: (value) => Buffer.from(`${value}\0`),
  decode: (bytes) => Buffer.from(bytes).toString().replace(/\0.*$/s, ""),
};

/** Bytes as they are. */
export const raw: Codec<Uint8Array> = { encode: (value) => value, decode: (bytes) => bytes.slice() };

/** An attribute that says something by being there (NLA_FLAG). */
export const flag: Codec<true> = { encode: () => new Uint8Array(0), decode: () => true };

/** A link-layer address: "02:42:ac:11:00:02". */
export const mac: Codec<string> = {
  encode: (value) => Uint8Array.from(value.split(":"), (part) => Number.parseInt(part, 16)),
  decode: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":"),
};

/** Members one after the other without gaps; spell out the kernel's padding with padding(). Absent members are zero. */
export function struct<F extends StructFields>(fields: F): FixedCodec<Partial<StructValue<F>>> {
  const entries = Object.entries(fields);
  const size = entries.reduce((sum, [, codec]) => sum + codec.size, 0);
  return {
    size,
    encode: (value) =>
      concat(
        entries.map(([name, codec]) =>
          value[name] === undefined ? new Uint8Array(codec.size) : codec.encode(value[name]),
        ),
      ),
    decode(bytes) {
      const value: Record<string, unknown> = {};
      let offset = 0;
      for (const [name, codec] of entries) {
        // Older kernels send shorter structs: what is not there stays absent.
        if (offset + codec.size > bytes.length) break;
        value[name] = codec.decode(bytes.subarray(offset, offset + codec.size));
        offset += codec.size;
      }
      return value as Partial<StructValue<F>>;
    },
  };
}

/** Attributes inside an attribute. */
export const nested = <T extends AttributeTable>(table: T): Codec<Values<T>> => ({
  encode: (value) => encodeAttributes(table, value),
  decode: (bytes) => decodeAttributes(table, bytes),
});

/** A list: attributes inside an attribute, whose types say nothing (0 as the kernel writes them). */
export const list = <T>(codec: Codec<T>): Codec<readonly T[]> => ({
  encode: (items) => concat(items.map((item) => encodeAttributes({ item: nest(0, codec) }, { item }))),
  decode: (bytes) => Array.from(eachAttribute(bytes), ([, payload]) => codec.decode(payload)),
});

/** A whole message inside an attribute: fixed header, then attributes (VETH_INFO_PEER). */
export const inner = <H, T extends AttributeTable>(
  table: MessageTable<H, T>,
): Codec<{ header: H; attributes: Values<T> }> => ({
  encode: (value) => encodeMessage(table, value),
  decode: (bytes) => decodeMessage(table, bytes),
});

export const attr = <T>(type: number, codec: Codec<T>): Attribute<T> => ({ type, codec });

/** An attribute whose content is attributes, marked NLA_F_NESTED as strict kernel parsers ask for. */
export const nest = <T>(type: number, codec: Codec<T>): Attribute<T> => ({ type: type | NLA_F_NESTED, codec });

/** Declares a message table. */
export const message = <H, T extends AttributeTable>(table: MessageTable<H, T>): MessageTable<H, T> => table;

/** Packs the given values as netlink attributes, in table order, each padded to four bytes. */
export function encodeAttributes<T extends AttributeTable>(table: T, values: Values<T>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const name in table) {
    const value = values[name];
    const attribute = table[name];
    if (value === undefined || !attribute) continue;
    const { type, codec } = attribute;
    const payload = codec.encode(value);
    const length = NLA_HEADER + payload.length; // excludes the padding
    const slot = new Uint8Array(align4(length));
    slot[0] = length;
    slot[1] = length >> 8;
    slot[2] = type;
    slot[3] = type >> 8;
    slot.set(payload, NLA_HEADER);
    parts.push(slot);
  }
  return concat(parts);
}

/** Reads the attributes that the table knows; others are passed over. */
export function decodeAttributes<T extends AttributeTable>(table: T, bytes: Uint8Array): Values<T> {
  const byType = typesOf(table);
  const values: Record<string, unknown> = {};
  for (const [type, payload] of eachAttribute(bytes)) {
    const name = byType.get(type);
    const codec = name === undefined ? undefined : table[name]?.codec;
    if (name !== undefined && codec) values[name] = codec.decode(payload);
  }
  return values as Values<T>;
}

const typeIndexes = new WeakMap<AttributeTable, Map<number, string>>();

function typesOf(table: AttributeTable): Map<number, string> {
  let index = typeIndexes.get(table);
  if (!index) {
    index = new Map(Object.entries(table).map(([name, { type }]) => [type & NLA_TYPE_MASK, name]));
    typeIndexes.set(table, index);
  }
  return index;
}

/** Walks attributes; stops at the first that does not fit, as nla_ok() does (include/net/netlink.h). */
export function* eachAttribute(bytes: Uint8Array): Generator<[type: number, payload: Uint8Array]> {
  const data = view(bytes);
  for (let offset = 0; offset + NLA_HEADER <= bytes.length; ) {
    const length = data.getUint16(offset, LE);
    if (length < NLA_HEADER || offset + length > bytes.length) return;
    const type = data.getUint16(offset + 2, LE) & NLA_TYPE_MASK;
    yield [type, bytes.subarray(offset + NLA_HEADER, offset + length)];
    offset += align4(length);
  }
}

/** Packs the fixed header and the attributes. */
export function encodeMessage<H, T extends AttributeTable>(
  table: MessageTable<H, T>,
  value: { readonly header: H; readonly attributes: Values<T> },
): Uint8Array {
  return concat([table.header.encode(value.header), encodeAttributes(table.attributes, value.attributes)]);
}

/** Reads the fixed header and the attributes. */
export function decodeMessage<H, T extends AttributeTable>(
  table: MessageTable<H, T>,
  bytes: Uint8Array,
): { header: H; attributes: Values<T> } {
  return {
    header: table.header.decode(bytes),
    attributes: decodeAttributes(table.attributes, bytes.subarray(table.header.size)),
  };
}
