import { KernelError } from "../../base/kernel-error.ts";
import type { PortRewrite } from "../../contracts/nft.ts";
import { NLM_F_CREATE, NLM_F_EXCL } from "../netlink/frame.ts";
import { encodeAddress } from "../netlink/ip-address.ts";
import {
  type Field,
  fieldIs,
  NFPROTO_IPV4,
  NFT_DELTABLE,
  NFT_NEWCHAIN,
  NFT_NEWRULE,
  NFT_NEWTABLE,
  NFTABLES,
  nftChainMessage,
  nftRuleMessage,
  nftTableMessage,
  notrack,
  protocolIs,
  setField,
} from "../netlink/nft-rules.ts";
import { type NetlinkSocket, type Request, request } from "../netlink/socket.ts";

const header = { family: NFPROTO_IPV4, version: 0, resourceId: 0 };
const chain = "output";
const NF_INET_LOCAL_OUT = 3;
const NF_IP_PRI_RAW = -300;
const NF_ACCEPT = 1;
const NLM_F_APPEND = 0x800;
const CHECKSUMS = { udp: 6, tcp: 16 } as const; // where they are in their headers: RFC 768, RFC 9293
const PROTOCOLS = { udp: 17, tcp: 6 } as const;

/**
 * A table in the socket's namespace that rewrites ports on the way out, statelessly: put in place, or in the place of
 * the one that is there. Only that costs a deletion, and with it a grace period of the kernel (14 ms) when the socket
 * is closed.
 */
export function putPortRewrites(socket: NetlinkSocket, table: string, rewrites: readonly PortRewrite[]): void {
  try {
    socket.transact(NFTABLES, [newTable(table, NLM_F_EXCL), ...contents(table, rewrites)]);
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== "EEXIST") throw error;
    const gone = request(`remove table ip ${table}`, NFT_DELTABLE, nftTableMessage, { header, attributes: { table } });
    socket.transact(NFTABLES, [gone, newTable(table, 0), ...contents(table, rewrites)]);
  }
}

const newTable = (table: string, flags: number): Request =>
  request(`make table ip ${table}`, NFT_NEWTABLE, nftTableMessage, {
    flags: NLM_F_CREATE | flags,
    header,
    attributes: { table, flags: 0 },
  });

function contents(table: string, rewrites: readonly PortRewrite[]): Request[] {
  const hook = { number: NF_INET_LOCAL_OUT, priority: NF_IP_PRI_RAW >>> 0 };
  const output = { table, name: chain, hook, policy: NF_ACCEPT, type: "filter" };
  return [
    request(`make chain ${chain} of table ip ${table}`, NFT_NEWCHAIN, nftChainMessage, {
      flags: NLM_F_CREATE,
      header,
      attributes: output,
    }),
    ...rewrites.map((rewrite) =>
      request(`add a rule to table ip ${table}`, NFT_NEWRULE, nftRuleMessage, {
        flags: NLM_F_CREATE | NLM_F_APPEND,
        header,
        attributes: { table, chain, expressions: expressionsOf(rewrite) },
      }),
    ),
  ];
}

/** nft writes it `ip daddr 127.0.0.11 udp dport 53 udp dport set 40000 notrack`. */
function expressionsOf({ protocol, end, address, port, becomes }: PortRewrite) {
  const atSource = end === "source";
  const addressField: Field = { base: 1, offset: atSource ? 12 : 16, length: 4 };
  const portField: Field = { base: 2, offset: atSource ? 0 : 2, length: 2 };
  return [
    ...fieldIs(addressField, encodeAddress(address)),
    ...protocolIs(PROTOCOLS[protocol]),
    ...fieldIs(portField, bigEndian(port)),
    ...setField(portField, bigEndian(becomes), CHECKSUMS[protocol]),
    notrack,
  ];
}

const bigEndian = (port: number): Uint8Array => Uint8Array.of(port >> 8, port & 255);
