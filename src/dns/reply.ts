import type { Answer } from "./answer.ts";
import type { BadQuery, Edns, Query } from "./query.ts";
import { CD, HEADER, OPCODE, QR, RA, RD, TC } from "./wire/message.ts";

/** Largest UDP answer without EDNS (RFC 1035 section 2.3.4), and the one we offer ourselves to receive (RFC 9715). */
const PLAIN_SIZE = 512;
const OWN_SIZE = 1232;
const TTL = 600;
const OPT_LENGTH = 11;
const DNSSEC_OK = 0x8000;

/** What an answer to this client may be long: over TCP anything, over UDP what it said, never less than 512. */
export const sizeLimit = (edns: Edns | undefined, tcp: boolean): number =>
  tcp ? 0xffff : Math.max(PLAIN_SIZE, edns?.size ?? 0);

/**
 * Writes the answer into `out` and returns its length. Records that do not fit in `limit` are left out and TC is set.
 * `turn` says with which record to begin, so that clients that take the first are spread over all.
 */
export function writeAnswer(out: Buffer, query: Query, answer: Answer, limit: number, turn: number): number {
  const { data } = answer;
  const room = limit - (query.edns ? OPT_LENGTH : 0);
  let at = writeStart(out, query);
  let count = 0;
  for (; count < data.length; count += 1) {
    const record = data[(turn + count) % data.length] as Uint8Array;
    if (at + 12 + record.length > room) break;
    at = writeRecord(out, at, query, record);
  }
  const truncated = count < data.length ? TC : 0;
  writeHeader(out, query, answer.rcode, truncated, count);
  return writeOpt(out, at, query.edns, answer.rcode);
}

/** Writes an answer that is only a response code. */
export function writeError(out: Buffer, query: BadQuery | Query, rcode: number): number {
  const at = writeStart(out, query);
  writeHeader(out, query, rcode, 0, 0);
  if (query.question.length === 0) writeWord(out, 4, 0);
  return writeOpt(out, at, query.edns, rcode);
}

/** Writes OPT as last record, if the client speaks EDNS (RFC 6891 section 6.1.1), and counts it in. */
export function writeOpt(out: Buffer, at: number, edns: Edns | undefined, rcode: number): number {
  if (!edns) return at;
  out[at] = 0;
  writeWord(out, at + 1, 41);
  writeWord(out, at + 3, OWN_SIZE);
  out[at + 5] = rcode >> 4;
  out[at + 6] = 0;
  writeWord(out, at + 7, edns.dnssec ? DNSSEC_OK : 0);
  writeWord(out, at + 9, 0);
  writeWord(out, 10, ((out[10] as number) << 8) + (out[11] as number) + 1);
  return at + OPT_LENGTH;
}

function writeStart(out: Buffer, query: BadQuery | Query): number {
  out.set(query.question, HEADER);
  return HEADER + query.question.length;
}

function writeHeader(out: Buffer, query: BadQuery | Query, rcode: number, more: number, answers: number): void {
  writeWord(out, 0, query.id);
  writeWord(out, 2, QR | RA | (query.flags & (OPCODE | RD | CD)) | more | (rcode & 0xf));
  writeWord(out, 4, 1);
  writeWord(out, 6, answers);
  writeWord(out, 8, 0);
  writeWord(out, 10, 0);
}

/** A record whose name is a pointer to the question's. */
function writeRecord(out: Buffer, at: number, query: Query, data: Uint8Array): number {
  writeWord(out, at, 0xc000 | HEADER);
  writeWord(out, at + 2, query.type);
  writeWord(out, at + 4, 1);
  writeWord(out, at + 6, 0);
  writeWord(out, at + 8, TTL);
  writeWord(out, at + 10, data.length);
  out.set(data, at + 12);
  return at + 12 + data.length;
}

function writeWord(out: Buffer, at: number, value: number): void {
  out[at] = value >> 8;
  out[at + 1] = value;
}
