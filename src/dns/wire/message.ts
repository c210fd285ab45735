import { DnsFormatError } from "./error.ts";
import { type Cursor, domain, take, u16, u32 } from "./fields.ts";
import { decodeData, encodeData, type RecordData } from "./records.ts";

/** Bits of the header's second word; RFC 1035 section 4.1.1, AD and CD: RFC 4035 section 3. */
export const QR = 0x8000;
export const OPCODE = 0x7800;
export const TC = 0x0200;
export const RD = 0x0100;
export const RA = 0x0080;
export const AD = 0x0020;
export const CD = 0x0010;
export const RCODE = 0x000f;
export const HEADER = 12;

export const classIn = 1;

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface DnsRecord {
  readonly name: string;
  readonly type: number;
  /** In OPT the sender's UDP payload size (RFC 6891 section 6.1.2). */
  readonly class: number;
  /** In OPT extended rcode, version and flags. */
  readonly ttl: number;
  readonly data: RecordData;
}

/** Where a decoded record was found. */
export interface Place {
  readonly start: number;
  readonly ttlAt: number;
  readonly end: number;
}

export interface Message {
  readonly id: number;
  readonly flags: number;
  readonly questions: readonly Question[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

type Placed<R> = R & { readonly place: Place };
export type DecodedMessage = Omit<Message, "answers" | "authorities" | "additionals"> & {
  readonly [S in "answers" | "authorities" | "additionals"]: readonly Placed<DnsRecord>[];
};

/** Reads a whole message. Octets after the last record are ignored, as every resolver does. */
export function decodeMessage(bytes: Uint8Array): DecodedMessage {
  const cursor: Cursor = { bytes, at: 0, end: bytes.length };
  const [id, flags] = [u16.decode(cursor), u16.decode(cursor)];
  const counts = [u16.decode(cursor), u16.decode(cursor), u16.decode(cursor), u16.decode(cursor)] as const;
  return {
    id,
    flags,
    questions: times(counts[0], () => decodeQuestion(cursor)),
    answers: times(counts[1], () => decodeRecord(cursor)),
    authorities: times(counts[2], () => decodeRecord(cursor)),
    additionals: times(counts[3], () => decodeRecord(cursor)),
  };
}

/** Writes a message, without compression. */
export function encodeMessage(message: Message): Buffer {
  const { id, flags, questions, answers, authorities, additionals } = message;
  const counts = [questions, answers, authorities, additionals].map((section) => u16.encode(section.length));
  const records = [...answers, ...authorities, ...additionals];
  return Buffer.concat([
    u16.encode(id),
    u16.encode(flags),
    ...counts,
    ...questions.map(encodeQuestion),
    ...records.map(encodeRecord),
  ]);
}

function decodeQuestion(cursor: Cursor): Question {
  return { name: domain.decode(cursor), type: u16.decode(cursor), class: u16.decode(cursor) };
}

function decodeRecord(cursor: Cursor): Placed<DnsRecord> {
  const start = cursor.at;
  const question = decodeQuestion(cursor); // a record begins like a question
  const ttlAt = cursor.at;
  const ttl = u32.decode(cursor);
  const length = u16.decode(cursor);
  const dataAt = cursor.at;
  take(cursor, length);
  const data = decodeData(question.type, { bytes: cursor.bytes, at: dataAt, end: cursor.at });
  return { ...question, ttl, data, place: { start, ttlAt, end: cursor.at } };
}

const encodeQuestion = (question: Question): Uint8Array =>
  Buffer.concat([domain.encode(question.name), u16.encode(question.type), u16.encode(question.class)]);

function encodeRecord(record: DnsRecord): Uint8Array {
  const data = encodeData(record.data);
  if (data.length > 0xffff) throw new DnsFormatError(`data of "${record.name}" is longer than 65535 octets`);
  return Buffer.concat([encodeQuestion(record), u32.encode(record.ttl), u16.encode(data.length), data]);
}

/** `count` comes from the message: reading stops at the first that is not there, so it cannot cost more than the bytes. */
function times<T>(count: number, read: () => T): T[] {
  const items: T[] = [];
  for (let index = 0; index < count; index += 1) items.push(read());
  return items;
}
