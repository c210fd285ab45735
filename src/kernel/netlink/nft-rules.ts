import {
  attr,
  type Codec,
  concat,
  cString,
  eachAttribute,
  encodeAttributes,
  message,
  nest,
  nested,
  raw,
  struct,
  u8,
  u16be,
  u32be,
  type Values,
} from "./codec.ts";

/** NFNL_SUBSYS_NFTABLES, include/uapi/linux/netfilter/nfnetlink.h. */
export const NFTABLES = 10;
/** NFT_MSG_*, include/uapi/linux/netfilter/nf_tables.h at v6.12. */
export const NFT_NEWTABLE = (NFTABLES << 8) | 0;
export const NFT_DELTABLE = (NFTABLES << 8) | 2;
export const NFT_NEWCHAIN = (NFTABLES << 8) | 3;
export const NFT_NEWRULE = (NFTABLES << 8) | 6;
export const NFPROTO_IPV4 = 2;

const nfgenmsg = struct({ family: u8, version: u8, resourceId: u16be });

/** NFTA_TABLE_*. */
export const nftTableMessage = message({
  name: "nft table",
  header: nfgenmsg,
  attributes: { table: attr(1, cString), flags: attr(2, u32be) },
});

/** NFTA_CHAIN_*, NFTA_HOOK_*. Priorities are signed: give them as `priority >>> 0`. */
export const nftChainMessage = message({
  name: "nft chain",
  header: nfgenmsg,
  attributes: {
    table: attr(1, cString),
    name: attr(3, cString),
    hook: nest(4, nested({ number: attr(1, u32be), priority: attr(2, u32be) })),
    policy: attr(5, u32be),
    type: attr(7, cString),
  },
});

const element = { name: attr(1, cString), data: nest(2, raw) }; // NFTA_EXPR_*
type Expression = Values<typeof element>;
const item = { expression: nest(1, nested(element)) }; // NFTA_LIST_ELEM

/** Expressions one after the other. */
const expressions: Codec<readonly Expression[]> = {
  encode: (list) => concat(list.map((expression) => encodeAttributes(item, { expression }))),
  decode: (bytes) => [...eachAttribute(bytes)].map(([, payload]) => item.expression.codec.decode(payload)),
};

/** NFTA_RULE_*. */
export const nftRuleMessage = message({
  name: "nft rule",
  header: nfgenmsg,
  attributes: { table: attr(1, cString), chain: attr(2, cString), expressions: nest(4, expressions) },
});

const value = nested({ value: attr(1, raw) }); // NFTA_DATA_VALUE
const REGISTER = 1; // NFT_REG_1

/** NFTA_PAYLOAD_*, NFTA_CMP_*, NFTA_META_*, NFTA_IMMEDIATE_*. */
const payloadTable = {
  destination: attr(1, u32be),
  base: attr(2, u32be),
  offset: attr(3, u32be),
  length: attr(4, u32be),
  source: attr(5, u32be),
  checksumType: attr(6, u32be),
  checksumOffset: attr(7, u32be),
};
const compareTable = { source: attr(1, u32be), operation: attr(2, u32be), data: nest(3, value) };
const metaTable = { destination: attr(1, u32be), key: attr(2, u32be) };
const immediateTable = { destination: attr(1, u32be), data: nest(2, value) };

/** Bytes of a packet. */
export interface Field {
  /** NFT_PAYLOAD_NETWORK_HEADER or NFT_PAYLOAD_TRANSPORT_HEADER. */
  readonly base: 1 | 2;
  readonly offset: number;
  readonly length: number;
}

const META_L4PROTO = 16; // NFT_META_L4PROTO
const CHECKSUM_INET = 1; // NFT_PAYLOAD_CSUM_INET

const equals = (bytes: Uint8Array): Expression => ({
  name: "cmp",
  data: encodeAttributes(compareTable, { source: REGISTER, operation: 0, data: { value: bytes } }),
});

/** The packet has these bytes there. */
export const fieldIs = (field: Field, bytes: Uint8Array): Expression[] => [
  { name: "payload", data: encodeAttributes(payloadTable, { destination: REGISTER, ...field }) },
  equals(bytes),
];

/** The packet is of this transport protocol. */
export const protocolIs = (protocol: number): Expression[] => [
  { name: "meta", data: encodeAttributes(metaTable, { destination: REGISTER, key: META_L4PROTO }) },
  equals(Uint8Array.of(protocol)),
];

/** Overwrites bytes of the packet and corrects the checksum at `checksumOffset` of the same header. */
export const setField = (field: Field, bytes: Uint8Array, checksumOffset: number): Expression[] => {
  const checksum = { checksumType: CHECKSUM_INET, checksumOffset };
  return [
    { name: "immediate", data: encodeAttributes(immediateTable, { destination: REGISTER, data: { value: bytes } }) },
    { name: "payload", data: encodeAttributes(payloadTable, { source: REGISTER, ...field, ...checksum }) },
  ];
};

export const notrack: Expression = { name: "notrack" };
