import { ipBytes, ipText } from "../../base/ip-packet.ts";
import type { Lease } from "../../model/lease.ts";
import { leaseTimes } from "../clock.ts";
import { decodeDomains, isDomain } from "../domain-names.ts";
import { type Message, options } from "./message.ts";

/** T1 and T2 as parts of the lease (RFC 2131, section 4.4.5). */
const fractions = { t1: 0.5, t2: 0.875 };

/** The lease in a DHCPACK; undefined when it lacks what a lease needs. `since`: when it was asked for, milliseconds. */
export function leaseOf(ack: Message, serverMac: string, since: number): Lease | undefined {
  const server = addressesIn(ack, options.server)[0];
  const lease = secondsIn(ack, options.leaseTime);
  if (server === undefined || lease === undefined || !isUsable(ack.yours)) return undefined;
  const router = defaultRoute(ack) ?? addressesIn(ack, options.router)[0];
  const seconds = { lease, t1: secondsIn(ack, options.renewal), t2: secondsIn(ack, options.rebinding) };
  return {
    address: `${ack.yours}/${prefixLength(ack)}`,
    ...(router ? { router } : {}),
    dns: addressesIn(ack, options.dns),
    search: domainsIn(ack),
    server,
    serverMac,
    ...leaseTimes(since, seconds, fractions),
  };
}

export function addressesIn(message: Message, option: number): string[] {
  const bytes = message.options.get(option) ?? new Uint8Array();
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) =>
    ipText(bytes.subarray(4 * index, 4 * index + 4)),
  );
}

function secondsIn(message: Message, option: number): number | undefined {
  const bytes = message.options.get(option);
  return bytes?.length === 4 ? Buffer.from(bytes).readUInt32BE() : undefined;
}

/** Text that a server wrote, for people. */
export const textIn = (message: Message, option: number): string =>
  Buffer.from(message.options.get(option) ?? [])
    .toString("latin1")
    .replaceAll(/[^ -~]/g, "");

/** The host's own domain first; each once. */
function domainsIn(message: Message): string[] {
  const own = Buffer.from(message.options.get(options.domain) ?? [])
    .toString("latin1")
    .replace(/\0+$/, ""); // some servers count a terminating NUL
  const list = decodeDomains(message.options.get(options.search) ?? new Uint8Array());
  return [...new Set([...(isDomain(own) ? [own] : []), ...list])];
}

/** Without a mask, or with one that has gaps, that of the address's class (RFC 791), which servers then mean. */
function prefixLength(message: Message): number {
  const [mask] = addressesIn(message, options.subnetMask);
  const bits = mask === undefined ? "" : bitsOf(mask);
  if (/^1+0*$/.test(bits)) return bits.indexOf("0") < 0 ? 32 : bits.indexOf("0");
  const first = ipBytes(message.yours)[0] ?? 0;
  if (first < 128) return 8;
  return first < 192 ? 16 : 24;
}

const bitsOf = (address: string): string =>
  Array.from(ipBytes(address), (octet) => octet.toString(2).padStart(8, "0")).join("");

/** No host can have 0.0.0.0/8, loopback, multicast or what lies beyond. */
function isUsable(address: string): boolean {
  const first = ipBytes(address)[0] ?? 0;
  return first !== 0 && first !== 127 && first < 224;
}

/**
 * The router of the default route among classless static routes (RFC 3442): who sends that option means it instead of the
 * router option. Its other routes are not taken.
 */
function defaultRoute(message: Message): string | undefined {
  const bytes = message.options.get(options.routes) ?? new Uint8Array();
  for (let at = 0; at < bytes.length; ) {
    const width = bytes[at] ?? 0;
    const router = at + 1 + Math.ceil(width / 8);
    if (width > 32 || router + 4 > bytes.length) return undefined;
    if (width === 0) return ipText(bytes.subarray(router, router + 4));
    at = router + 4;
  }
  return undefined;
}
