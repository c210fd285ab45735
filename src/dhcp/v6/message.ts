import { concatBytes } from "../../base/ip-packet.ts";

/** RFC 8415, section 7.3. */
export const messageTypes = {
  solicit: 1,
  advertise: 2,
  request: 3,
  renew: 5,
  rebind: 6,
  reply: 7,
  release: 8,
  decline: 9,
} as const;
export type MessageType = keyof typeof messageTypes;

/** Options by number: RFC 8415, section 21; 23 and 24: RFC 3646; 39: RFC 4704. */
export const options = {
  clientId: 1,
  serverId: 2,
  addressLease: 3, // IA_NA
  address: 5,
  wanted: 6,
  elapsed: 8,
  status: 13,
  dns: 23,
  search: 24,
  clientName: 39,
} as const;

/** RFC 8415, section 21.13. */
export const statusCodes: Readonly<Record<number, string>> = {
  1: "unspecified failure",
  2: "no addresses available",
  3: "no such binding",
  4: "address not on this link",
};

/** Options as they come; a code may be there several times. */
export type Options = readonly (readonly [code: number, value: Uint8Array])[];

export interface Message {
  readonly type: MessageType;
  /** Transaction id, 24 bits. */
  readonly xid: number;
  readonly options: Options;
}

const be16 = (value: number) => Uint8Array.of(value >> 8, value & 255);

export const encodeOptions = (list: Options): Uint8Array =>
  concatBytes(list.flatMap(([code, value]) => [be16(code), be16(value.length), value]));

export const encodeMessage = ({ type, xid, options: list }: Message): Uint8Array =>
  concatBytes([Uint8Array.of(messageTypes[type], (xid >> 16) & 255, (xid >> 8) & 255, xid & 255), encodeOptions(list)]);

/** Undefined for what is no message of ours to know, or is cut short. */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  const type = Object.entries(messageTypes).find(([, number]) => number === bytes[0])?.[0] as MessageType | undefined;
  const list = bytes.length < 4 ? undefined : decodeOptions(bytes.subarray(4));
  if (!type || !list) return undefined;
  return { type, xid: ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0), options: list };
}

/** Undefined when one does not fit. */
export function decodeOptions(bytes: Uint8Array): Options | undefined {
  const found: [number, Uint8Array][] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined;
    const data = new DataView(bytes.buffer, bytes.byteOffset + at);
    const end = at + 4 + data.getUint16(2);
    if (end > bytes.length) return undefined;
    found.push([data.getUint16(0), bytes.subarray(at + 4, end)]);
    at = end;
  }
  return found;
}

export const optionOf = (list: Options, code: number): Uint8Array | undefined =>
  list.find(([number]) => number === code)?.[1];

/** Why a server does not do as asked; undefined for success, which is also what no status means. */
export function failureIn(list: Options): { readonly code: number; readonly text: string } | undefined {
  const status = optionOf(list, options.status);
  const code = status && status.length >= 2 ? ((status[0] ?? 0) << 8) | (status[1] ?? 0) : 0;
  if (code === 0) return undefined;
  const said = Buffer.from(status?.subarray(2) ?? [])
    .toString("latin1")
    .replaceAll(/[^ -~]/g, "");
  return { code, text: said || statusCodes[code] || `status ${code}` };
}
