import { concatBytes, ipBytes, ipText } from "../../base/ip-packet.ts";
import type { Lease } from "../../model/lease.ts";
import { leaseTimes } from "../clock.ts";
import { decodeDomains } from "../domain-names.ts";
import { type Advertisement, prefixLengthOf } from "./advertisement.ts";
import { decodeOptions, encodeOptions, failureIn, type Message, optionOf, options } from "./message.ts";

/** T1 and T2 as parts of the preferred lifetime (RFC 8415, section 21.4). */
const fractions = { t1: 0.5, t2: 0.8 };
const IA_HEADER = 12;
const ADDRESS_HEADER = 24;

/** One address that a server lends. */
export interface Grant {
  readonly address: string;
  /** Seconds. */
  readonly preferred: number;
  readonly valid: number;
  readonly t1: number;
  readonly t2: number;
}

/** IA_NA with the identity of our one interface, and the address it is about. */
export function encodeGrant(iaid: Uint8Array, address: string | undefined): Uint8Array {
  const lifetimes = new Uint8Array(8); // zero: the server's business
  const inner = address
    ? encodeOptions([[options.address, concatBytes([ipBytes(address), lifetimes])]])
    : new Uint8Array();
  return concatBytes([iaid, lifetimes, inner]);
}

/** What a message grants our interface; a text says why it grants nothing. */
export function grantIn({ options: list }: Message, iaid: Uint8Array): Grant | string {
  const refused = failureIn(list);
  if (refused) return refused.text;
  const value = list.find(([code, body]) => code === options.addressLease && startsWith(body, iaid))?.[1];
  const inner = value && value.length >= IA_HEADER ? decodeOptions(value.subarray(IA_HEADER)) : undefined;
  if (!value || !inner) return "it grants no address";
  const failure = failureIn(inner);
  if (failure) return failure.text;
  const data = new DataView(value.buffer, value.byteOffset, value.length);
  const [t1, t2] = [data.getUint32(4), data.getUint32(8)];
  return addressIn(inner, { t1, t2 }) ?? "it grants no address";
}

function addressIn(
  list: readonly (readonly [number, Uint8Array])[],
  times: { t1: number; t2: number },
): Grant | undefined {
  for (const [code, body] of list) {
    if (code !== options.address || body.length < ADDRESS_HEADER) continue;
    const data = new DataView(body.buffer, body.byteOffset, body.length);
    const [preferred, valid] = [data.getUint32(16), data.getUint32(20)];
    if (valid > 0 && preferred <= valid) return { address: ipText(body.subarray(0, 16)), preferred, valid, ...times };
  }
  return undefined;
}

const startsWith = (bytes: Uint8Array, start: Uint8Array) => start.every((octet, index) => bytes[index] === octet);

/** The lease of a REPLY, completed by what the link's router says. `since`: when it was asked for, milliseconds. */
export function leaseOf(
  reply: Message,
  grant: Grant,
  place: { readonly serverMac: string; readonly since: number; readonly router: Advertisement | undefined },
): Lease {
  const { router } = place;
  const dns = [...ownDns(reply), ...(router?.dns ?? [])];
  const search = [
    ...decodeDomains(optionOf(reply.options, options.search) ?? new Uint8Array()),
    ...(router?.search ?? []),
  ];
  const base = grant.preferred || grant.valid;
  const seconds = { lease: grant.valid, t1: grant.t1 || base * fractions.t1, t2: grant.t2 || base * fractions.t2 };
  return {
    address: `${grant.address}/${prefixLengthOf(grant.address, router)}`,
    ...(router?.router ? { router: router.router } : {}),
    dns: [...new Set(dns)],
    search: [...new Set(search)],
    server: Buffer.from(optionOf(reply.options, options.serverId) ?? []).toString("hex"),
    serverMac: place.serverMac,
    ...leaseTimes(place.since, seconds, fractions),
  };
}

function ownDns(reply: Message): string[] {
  const bytes = optionOf(reply.options, options.dns) ?? new Uint8Array();
  return Array.from({ length: Math.floor(bytes.length / 16) }, (_, index) =>
    ipText(bytes.subarray(16 * index, 16 * index + 16)),
  );
}
