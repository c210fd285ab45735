/** Longest text form of a domain name, RFC 1035, section 2.3.4. */
const LONGEST = 253;

/**
 * Reads domain names as DNS writes them (RFC 1035, section 3.1), with pointers into the same run of octets as RFC 3397
 * allows. What cannot be read ends the list; names that a resolv.conf could not carry are left out.
 */
export function decodeDomains(bytes: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const name = nameAt(bytes, at);
    if (!name) break;
    if (isDomain(name.text)) names.push(name.text);
    at = name.end;
  }
  return names;
}

function nameAt(bytes: Uint8Array, start: number): { text: string; end: number } | undefined {
  const labels: string[] = [];
  let end: number | undefined;
  let at = start;
  // Each pointer must lead back, so that none is followed for ever.
  for (let floor = start; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    if (length === 0) return { text: labels.join("."), end: end ?? at + 1 };
    if (length >= 0xc0) {
      end ??= at + 2;
      at = ((length & 0x3f) << 8) | (bytes[at + 1] ?? 0);
      if (at >= floor) return undefined;
      floor = at;
      continue;
    }
    if (at + 1 + length > bytes.length) return undefined;
    labels.push(Buffer.from(bytes.subarray(at + 1, at + 1 + length)).toString("latin1"));
    at += 1 + length;
  }
  return undefined;
}

/** A domain that a server names: it comes from the network and ends up in a file, so no more than a name's characters. */
export const isDomain = (text: string): boolean =>
  text.length <= LONGEST &&
  /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(text);
