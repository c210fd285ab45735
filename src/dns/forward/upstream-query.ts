import { randomInt } from "node:crypto";
import { askedFlags, type Query } from "../query.ts";
import { u16 } from "../wire/fields.ts";
import { HEADER } from "../wire/message.ts";

/** What we can take: so that an upstream cuts nothing that a client may still have room for. */
const UDP_SIZE = 4096;
const DNSSEC_OK = 0x80;

/** A query as sent to an upstream: the client's question under an id of our own. */
export interface UpstreamQuery {
  readonly id: number;
  readonly bytes: Buffer;
}

/** `edns` false: for servers that answer FORMERR or NOTIMP to OPT (RFC 6891 section 7). */
export function upstreamQuery(query: Query, edns: boolean): UpstreamQuery {
  const id = randomInt(0x10000);
  const header = [id, askedFlags(query), 1, 0, 0, edns ? 1 : 0].map(u16.encode);
  const flags = query.edns?.dnssec ? DNSSEC_OK : 0;
  const opt = edns ? Buffer.from([0, 0, 41, UDP_SIZE >> 8, UDP_SIZE & 0xff, 0, 0, flags, 0, 0, 0]) : Buffer.alloc(0);
  return { id, bytes: Buffer.concat([...header, query.question, opt]) };
}

/** Key of what upstreams would answer the same to: question and the flags that change the answer. */
export const questionKey = (query: Query): string =>
  `${askedFlags(query)}${query.edns?.dnssec ? "d" : ""}/${query.class}/${query.type}/${query.key}`;

/** Whether a reply's question is the one asked, whatever its case. */
export function repeatsQuestion(reply: Buffer, query: Query): boolean {
  const end = HEADER + query.question.length;
  if (reply.length < end || reply.readUInt16BE(4) !== 1) return false;
  const text = (bytes: Buffer) => bytes.toString("latin1", 0, bytes.length - 4).toLowerCase();
  const [theirs, ours] = [reply.subarray(HEADER, end), Buffer.from(query.question)];
  return text(theirs) === text(ours) && theirs.subarray(-4).equals(ours.subarray(-4));
}
