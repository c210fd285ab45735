import type { Query } from "../query.ts";
import { sizeLimit, writeOpt } from "../reply.ts";
import { AD, CD, HEADER, QR, RA, RCODE, RD, TC } from "../wire/message.ts";
import type { UpstreamReply } from "./upstream-reply.ts";

const OPT_LENGTH = 11;

/** Writes an upstream's answer for one client: its id, the case of its question, TTLs less `ageSeconds`, its size. */
export function writeStored(out: Buffer, query: Query, reply: UpstreamReply, ageSeconds: number, tcp: boolean): number {
  const room = sizeLimit(query.edns, tcp) - (query.edns ? OPT_LENGTH : 0);
  const cut = reply.truncated || reply.bytes.length > room;
  const start = HEADER + query.question.length;
  let length = start;
  reply.bytes.copy(out, 0, 0, HEADER);
  if (cut) out.fill(0, 6, HEADER);
  else length = reply.bytes.copy(out, start, start) + start;
  out.writeUInt16BE(query.id, 0);
  out.writeUInt16BE(QR | RA | (query.flags & (RD | CD)) | (out.readUInt16BE(2) & (AD | RCODE)) | (cut ? TC : 0), 2);
  out.set(query.question, HEADER);
  if (!cut && ageSeconds > 0)
    for (const at of reply.ttlsAt) out.writeUInt32BE(Math.max(0, out.readUInt32BE(at) - ageSeconds), at);
  return writeOpt(out, length, query.edns, reply.rcode);
}
