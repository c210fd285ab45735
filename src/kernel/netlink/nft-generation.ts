import { attr, cString, message, struct, u8, u16be, u32be } from "./codec.ts";

const NFNL_SUBSYS_NFTABLES = 10;
/** NFNLGRP_NFTABLES: notifications of every change to a namespace's rule set. */
export const NFNLGRP_NFTABLES = 7;
const NFT_MSG_NEWGEN = 15;
/** NFT_MSG_GETGEN as a netlink message type. */
export const NFT_GETGEN = (NFNL_SUBSYS_NFTABLES << 8) | 16;

/** Whether a notification ends a transaction, and with that names who made it. */
export const isGeneration = (type: number): boolean => type === ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN);
export const isNftables = (type: number): boolean => type >> 8 === NFNL_SUBSYS_NFTABLES;

const nfgenmsg = struct({ family: u8, version: u8, resourceId: u16be });

/** NFT_MSG_NEWGEN: include/uapi/linux/netfilter/nf_tables.h at v6.12; the process since Linux 4.17. */
export const generationMessage = message({
  name: "nft generation",
  header: nfgenmsg,
  attributes: { id: attr(1, u32be), processId: attr(2, u32be), processName: attr(3, cString) },
});

/**
 * What the other notifications share: tables, chains, rules and sets carry their table's name as attribute 1
 * (NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, NFTA_SET_TABLE, NFTA_SET_ELEM_LIST_TABLE).
 */
export const nftObjectMessage = message({
  name: "nft object",
  header: nfgenmsg,
  attributes: { table: attr(1, cString) },
});
