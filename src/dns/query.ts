import { rcodes } from "./rcode.ts";
import { AD, CD, HEADER, OPCODE, QR, RD } from "./wire/message.ts";

/** What a client asked, read without decoding more than an answer needs. */
export interface Query {
  readonly id: number;
  /** The header's second word. */
  readonly flags: number;
  /** Key of the name (wire/name.ts). */
  readonly key: string;
  readonly type: number;
  readonly class: number;
  /** Octets of the question: name as the client wrote it (its case is kept in the answer), type and class. */
  readonly question: Uint8Array;
  /** Undefined: the client does not speak EDNS. */
  readonly edns: Edns | undefined;
}

/** RFC 6891 section 6.1.3. */
export interface Edns {
  readonly size: number;
  readonly version: number;
  /** DNSSEC OK: RFC 3225. */
  readonly dnssec: boolean;
}

/** A query that gets an error instead of an answer; `question` is empty when it could not be read. */
export interface BadQuery {
  readonly rcode: number;
  readonly id: number;
  readonly flags: number;
  readonly question: Uint8Array;
  readonly edns: Edns | undefined;
}

const TYPE_OPT = 41;
const nothing: Uint8Array = new Uint8Array(0);

export const isBad = (query: Query | BadQuery): query is BadQuery => "rcode" in query;

/**
 * Reads the query at bytes[start, end). Undefined: answer nothing, because it is too short to have an id or is itself
 * a response (answering one would let two servers talk to each other for ever). `question` refers to `bytes`.
 */
export function parseQuery(bytes: Buffer, start: number, end: number): Query | BadQuery | undefined {
  if (end - start < HEADER) return undefined;
  const id = word(bytes, start);
  const flags = word(bytes, start + 2);
  if (flags & QR) return undefined;
  const bad = (rcode: number, question: Uint8Array = nothing, edns?: Edns): BadQuery => ({
    rcode,
    id,
    flags,
    question,
    edns,
  });
  if (flags & OPCODE) return bad(rcodes.NOTIMP);
  if (word(bytes, start + 4) !== 1) return bad(rcodes.FORMERR);
  const nameEnd = endOfName(bytes, start + HEADER, end);
  if (nameEnd === undefined || nameEnd + 4 > end) return bad(rcodes.FORMERR);
  const question = bytes.subarray(start + HEADER, nameEnd + 4);
  const edns = parseEdns(bytes, start, nameEnd + 4, end);
  if (edns === "malformed") return bad(rcodes.FORMERR, question);
  if (edns && edns.version > 0) return bad(rcodes.BADVERS, question, edns);
  const key = bytes.toString("latin1", start + HEADER, nameEnd).toLowerCase();
  return { id, flags, key, type: word(bytes, nameEnd), class: word(bytes, nameEnd + 2), question, edns };
}

/** Flags of a query that ask for a different answer of an upstream. */
export const askedFlags = (query: Query): number => query.flags & (RD | AD | CD);

/** A question's name has nothing to point back to, so it is never compressed. */
function endOfName(bytes: Buffer, start: number, end: number): number | undefined {
  let at = start;
  while (at < end) {
    const length = bytes[at] as number;
    if (length === 0) return at + 1 - start > 255 ? undefined : at + 1;
    if (length > 63) return undefined;
    at += 1 + length;
  }
  return undefined;
}

/** Looks for OPT in the additional section; other records there (TSIG, cookies of old) are passed over. */
function parseEdns(bytes: Buffer, start: number, from: number, end: number): Edns | undefined | "malformed" {
  const before = word(bytes, start + 6) + word(bytes, start + 8);
  const records = before + word(bytes, start + 10);
  let at: number | undefined = from;
  let edns: Edns | undefined;
  for (let index = 0; index < records; index += 1) {
    at = endOfName(bytes, at, end);
    if (at === undefined || at + 10 > end) return "malformed";
    if (word(bytes, at) === TYPE_OPT) {
      if (edns || index < before) return "malformed"; // RFC 6891 section 6.1.1: one, and only here
      edns = readEdns(bytes, at);
    }
    at += 10 + word(bytes, at + 8);
    if (at > end) return "malformed";
  }
  return edns;
}

const readEdns = (bytes: Buffer, at: number): Edns => ({
  size: word(bytes, at + 2),
  version: bytes[at + 5] as number,
  dnssec: ((bytes[at + 6] as number) & 0x80) !== 0,
});

const word = (bytes: Buffer, at: number): number => ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
