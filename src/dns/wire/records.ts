import { DnsFormatError } from "./error.ts";
import { type Cursor, domain, type Field, octets, rest, texts, u16, u32 } from "./fields.ts";

/** The data of each record type as a table of fields, in wire order. RFC 1035 section 3.3, 3596, 2782, 6891. */
export const recordFields = {
  A: { address: octets(4) },
  NS: { host: domain },
  CNAME: { target: domain },
  SOA: { primary: domain, mailbox: domain, serial: u32, refresh: u32, retry: u32, expire: u32, minimum: u32 },
  PTR: { target: domain },
  MX: { preference: u16, exchange: domain },
  TXT: { strings: texts },
  AAAA: { address: octets(16) },
  SRV: { priority: u16, weight: u16, port: u16, target: domain },
  OPT: { options: rest },
} as const;

/** IANA, Domain Name System Parameters. */
export const typeNumbers = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
} as const satisfies Record<keyof typeof recordFields, number>;

export type RecordName = keyof typeof recordFields;
type Values<T> = { -readonly [K in keyof T]: T[K] extends Field<infer V> ? V : never };
/** Decoded data by type; a type that is not in the table is kept as its octets. */
export type RecordData =
  | { [N in RecordName]: { readonly kind: N } & Values<(typeof recordFields)[N]> }[RecordName]
  | { readonly kind: "other"; readonly octets: Uint8Array };

const namesByNumber = new Map(Object.entries(typeNumbers).map(([name, type]) => [type as number, name as RecordName]));

/** Reads the data of a record; `cursor` ends where the data ends, and all of it must be used. */
export function decodeData(type: number, cursor: Cursor): RecordData {
  const kind = namesByNumber.get(type);
  if (kind === undefined) return { kind: "other", octets: rest.decode(cursor) };
  const data: Record<string, unknown> = { kind };
  for (const [name, field] of Object.entries(recordFields[kind])) data[name] = field.decode(cursor);
  if (cursor.at !== cursor.end) throw new DnsFormatError(`${kind} data at ${cursor.at} has octets left over`);
  return data as unknown as RecordData;
}

export function encodeData(data: RecordData): Uint8Array {
  if (data.kind === "other") return data.octets;
  const fields: [string, Field<never>][] = Object.entries(recordFields[data.kind]);
  return Buffer.concat(fields.map(([name, field]) => field.encode((data as Record<string, unknown>)[name] as never)));
}
