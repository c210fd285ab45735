import type { Query } from "../query.ts";
import { rcodes } from "../rcode.ts";
import { DnsFormatError } from "../wire/error.ts";
import { type DecodedMessage, decodeMessage, QR, RCODE, TC } from "../wire/message.ts";
import { typeNumbers } from "../wire/records.ts";
import { repeatsQuestion, type UpstreamQuery } from "./upstream-query.ts";

/** An upstream's answer, whole but for OPT, ready to be given to any client. */
export interface UpstreamReply {
  readonly bytes: Buffer;
  readonly rcode: number;
  readonly truncated: boolean;
  /** Where the TTLs are. */
  readonly ttlsAt: readonly number[];
  /** For how many seconds it may be kept; 0: not at all. */
  readonly keepSeconds: number;
}

/** What a packet from an upstream means: no answer to this query, no use (ask the next), retry without EDNS, or a reply. */
export type Verdict = "ignore" | "next" | "plain" | UpstreamReply;

/** RFC 2308 section 5 asks for a limit on negative answers; a wrong "no such name" must not outlive a coffee. */
const MAX_NEGATIVE = 300;
const MAX_POSITIVE = 86_400;

/** Judges a packet: only one with our id and question is an answer (RFC 5452 section 9.1). */
export function judge(packet: Buffer, sent: UpstreamQuery, query: Query): Verdict {
  if (packet.length < 12 || packet.readUInt16BE(0) !== sent.id) return "ignore";
  const flags = packet.readUInt16BE(2);
  const rcode = flags & RCODE;
  if (!(flags & QR)) return "ignore";
  if (rcode === rcodes.FORMERR || rcode === rcodes.NOTIMP) return "plain"; // may come without the question
  if (!repeatsQuestion(packet, query)) return "ignore";
  if (rcode === rcodes.SERVFAIL || rcode === rcodes.REFUSED) return "next";
  try {
    return toReply(packet, decodeMessage(packet), query);
  } catch (error) {
    if (!(error instanceof DnsFormatError)) throw error;
    return flags & TC ? cutReply(packet, query) : "next";
  }
}

function toReply(packet: Buffer, message: DecodedMessage, query: Query): UpstreamReply | "plain" {
  const optIndex = message.additionals.findIndex(({ type }) => type === typeNumbers.OPT);
  const opt = message.additionals[optIndex];
  if (opt && opt.ttl >>> 24 > 0) return "plain"; // an extended rcode: BADVERS and its kind are about our OPT
  if (message.flags & TC) return cutReply(packet, query);
  // Names may point back to anything before them, so what follows OPT goes with it: additional records are a courtesy.
  const additionals = opt ? message.additionals.slice(0, optIndex) : message.additionals;
  const kept = [...message.answers, ...message.authorities, ...additionals];
  const bytes = Buffer.from(packet.subarray(0, kept.at(-1)?.place.end ?? 12 + query.question.length));
  bytes.writeUInt16BE(additionals.length, 10);
  return {
    bytes,
    rcode: message.flags & RCODE,
    truncated: false,
    ttlsAt: kept.map(({ place }) => place.ttlAt),
    keepSeconds: keepSeconds(message, kept, query),
  };
}

/** Nothing but header and question of an answer that was cut: its client comes again over TCP. */
function cutReply(packet: Buffer, query: Query): UpstreamReply {
  const bytes = Buffer.from(packet.subarray(0, 12 + query.question.length));
  bytes.fill(0, 6, 12);
  return { bytes, rcode: bytes.readUInt16BE(2) & RCODE, truncated: true, ttlsAt: [], keepSeconds: 0 };
}

function keepSeconds(message: DecodedMessage, records: DecodedMessage["answers"], query: Query): number {
  const rcode = message.flags & RCODE;
  const shortest = records.reduce((least, { ttl }) => Math.min(least, ttl > 0x7fffffff ? 0 : ttl), MAX_POSITIVE);
  const answered = message.answers.some(({ type }) => type === query.type || query.type === 255);
  if (rcode === rcodes.NOERROR && answered) return shortest;
  if (rcode !== rcodes.NOERROR && rcode !== rcodes.NXDOMAIN) return 0;
  const soa = message.authorities.find(({ data }) => data.kind === "SOA");
  if (soa?.data.kind !== "SOA") return 0; // RFC 2308 section 5: without SOA it should not be cached
  return Math.min(shortest, soa.data.minimum, MAX_NEGATIVE);
}
