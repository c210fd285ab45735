import { type Cidr, containsIp } from "../../base/cidr.ts";
import { ipOf } from "../../base/ip.ts";
import { icmpInIpv6, ipText, readIpv6 } from "../../base/ip-packet.ts";
import { decodeDomains } from "../domain-names.ts";
import { exchange, type Port } from "../exchange.ts";

/** What a router says of a link: RFC 4861, section 4.2; name servers and domains: RFC 8106. */
export interface Advertisement {
  /** The router's link-local address, if it is one for a default route. */
  readonly router?: string;
  /** Prefixes whose addresses are neighbours. */
  readonly onLink: readonly Cidr[];
  readonly dns: readonly string[];
  readonly search: readonly string[];
}

const ICMPV6 = 58;
const HEADER = 16;
const SOLICITATION = 133;
const ADVERTISEMENT = 134;
const options = { prefix: 3, dns: 25, search: 31 } as const;
const ON_LINK = 0x80;
/** MAX_RTR_SOLICITATIONS tries (RFC 4861, section 10), a second apart: a router on the LAN answers at once. */
const waits = [1_000, 1_000, 1_000];

/** Asks the link for a router; undefined when none answers. */
export function askRouter(port: Port, signal: AbortSignal): Promise<Advertisement | undefined> {
  // From ::, and so without our MAC: the router answers to all (RFC 4861, section 4.1).
  const bytes = icmpInIpv6({ source: "::", destination: "ff02::2" }, Uint8Array.of(SOLICITATION, 0, 0, 0, 0, 0, 0, 0));
  return exchange<Advertisement>(port, {
    kind: "advertisements",
    waits,
    signal,
    ask: () => ({ bytes, to: "33:33:00:00:00:02" }),
    take: (packet) => readAdvertisement(packet.bytes),
  });
}

/** Undefined for anything else, and for what came through a router: its hop limit is less than 255. */
export function readAdvertisement(bytes: Uint8Array): Advertisement | undefined {
  const packet = readIpv6(bytes, ICMPV6);
  const { payload, source } = packet ?? { payload: new Uint8Array(), source: "::" };
  if (payload.length < HEADER || payload[0] !== ADVERTISEMENT || bytes[7] !== 255 || !isLinkLocal(source))
    return undefined;
  const data = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const found = optionsIn(payload.subarray(HEADER));
  const lifetime = data.getUint16(6);
  return {
    ...(lifetime > 0 ? { router: source } : {}),
    onLink: found.flatMap(([type, body]) => (type === options.prefix ? prefixIn(body) : [])),
    dns: found.flatMap(([type, body]) => (type === options.dns ? addressesIn(body.subarray(6)) : [])),
    search: found.flatMap(([type, body]) => (type === options.search ? decodeDomains(body.subarray(6)) : [])),
  };
}

const isLinkLocal = (address: string) => /^fe[89ab]/i.test(address);

/** Type, then what follows the two octets of type and length. The first that does not fit ends the list. */
function optionsIn(bytes: Uint8Array): [type: number, body: Uint8Array][] {
  const found: [number, Uint8Array][] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = (bytes[at + 1] ?? 0) * 8;
    if (length === 0 || at + length > bytes.length) break;
    found.push([bytes[at] ?? 0, bytes.subarray(at + 2, at + length)]);
    at += length;
  }
  return found;
}

/** RFC 4861, section 4.6.2. */
function prefixIn(body: Uint8Array): Cidr[] {
  const [prefixLength = 0, flags = 0] = body;
  if (body.length < 30 || (flags & ON_LINK) === 0 || prefixLength > 128) return [];
  const shift = BigInt(128 - prefixLength);
  const { value } = ipOf(ipText(body.subarray(14, 30)));
  return [{ family: 6, base: (value >> shift) << shift, prefixLength }];
}

const addressesIn = (bytes: Uint8Array): string[] =>
  Array.from({ length: Math.floor(bytes.length / 16) }, (_, index) =>
    ipText(bytes.subarray(16 * index, 16 * index + 16)),
  );

/** Length of the on-link prefix that an address lies in; 128: none, its neighbours are reached through the router. */
export function prefixLengthOf(address: string, advertisement: Advertisement | undefined): number {
  const ip = ipOf(address);
  const lengths = (advertisement?.onLink ?? [])
    .filter((prefix) => containsIp(prefix, ip))
    .map((prefix) => prefix.prefixLength);
  return lengths.length > 0 ? Math.max(...lengths) : 128;
}
