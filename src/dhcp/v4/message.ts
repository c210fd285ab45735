import { ipBytes, ipText } from "../../base/ip-packet.ts";

/** RFC 2132, section 9.6. */
export const messageTypes = { discover: 1, offer: 2, request: 3, decline: 4, ack: 5, nak: 6, release: 7 } as const;
export type MessageType = keyof typeof messageTypes;

/** Options by number: RFC 2132; 119: RFC 3397; 121: RFC 3442. */
export const options = {
  subnetMask: 1,
  router: 3,
  dns: 6,
  hostname: 12,
  domain: 15,
  requestedAddress: 50,
  leaseTime: 51,
  messageType: 53,
  server: 54,
  wanted: 55,
  message: 56,
  longest: 57,
  renewal: 58,
  rebinding: 59,
  clientId: 61,
  search: 119,
  routes: 121,
} as const;

/** A message of a client, or what a server answered; RFC 2131, section 2. */
export interface Message {
  readonly type: MessageType;
  /** Transaction id. */
  readonly xid: number;
  /** Since the client began, in seconds. */
  readonly secs: number;
  /** The client's own address, once it has one. */
  readonly client: string;
  /** "Your address": what the server grants. */
  readonly yours: string;
  readonly mac: string;
  readonly options: ReadonlyMap<number, Uint8Array>;
}

const FIXED = 236;
const COOKIE = [99, 130, 83, 99];
/** What relays and old servers take as the least a message has (RFC 1542, section 2.1). */
const LEAST = 300;
const END = 255;
const PAD = 0;

export const macBytes = (mac: string): Uint8Array =>
  Uint8Array.from(mac.split(":"), (part) => Number.parseInt(part, 16));

/** A client's message (BOOTREQUEST). */
export function encodeMessage(message: Message): Uint8Array {
  const all = [[options.messageType, Uint8Array.of(messageTypes[message.type])] as const, ...message.options];
  const tail = all.flatMap(([code, value]) => [code, value.length, ...value]);
  const bytes = new Uint8Array(Math.max(LEAST, FIXED + COOKIE.length + tail.length + 1));
  const data = new DataView(bytes.buffer);
  bytes.set([1, 1, 6, 0]); // BOOTREQUEST on Ethernet
  data.setUint32(4, message.xid);
  data.setUint16(8, Math.min(message.secs, 0xffff));
  bytes.set(ipBytes(message.client), 12);
  bytes.set(macBytes(message.mac), 28);
  bytes.set([...COOKIE, ...tail, END], FIXED);
  return bytes;
}

/** A server's message (BOOTREPLY); undefined for anything else, and for what is cut short. */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  const isReply = bytes.length > FIXED + 4 && bytes[0] === 2 && bytes[1] === 1 && bytes[2] === 6;
  if (!isReply || COOKIE.some((octet, index) => bytes[FIXED + index] !== octet)) return undefined;
  const found = decodeOptions(bytes.subarray(FIXED + COOKIE.length));
  const number = found?.get(options.messageType)?.[0];
  const type = Object.entries(messageTypes).find(([, value]) => value === number)?.[0] as MessageType | undefined;
  if (!found || !type) return undefined;
  const data = new DataView(bytes.buffer, bytes.byteOffset);
  const mac = Array.from(bytes.subarray(28, 34), (octet) => octet.toString(16).padStart(2, "0")).join(":");
  const [client, yours] = [ipText(bytes.subarray(12, 16)), ipText(bytes.subarray(16, 20))];
  return { type, xid: data.getUint32(4), secs: data.getUint16(8), client, yours, mac, options: found };
}

/** An option that comes in parts is joined (RFC 3396). Undefined when one does not fit. */
function decodeOptions(bytes: Uint8Array): Map<number, Uint8Array> | undefined {
  const found = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length && bytes[at] !== END; ) {
    const code = bytes[at] as number;
    if (code === PAD) {
      at += 1;
      continue;
    }
    const end = at + 2 + (bytes[at + 1] ?? bytes.length);
    if (end > bytes.length) return undefined;
    found.set(code, Uint8Array.of(...(found.get(code) ?? []), ...bytes.subarray(at + 2, end)));
    at = end;
  }
  return found;
}
