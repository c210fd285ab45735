import { hostNetns } from "../contracts/kernel.ts";
import type { Nft } from "../contracts/nft.ts";

interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
}
interface BridgeSet {
  readonly elem?: readonly (string | { elem: { val: string } })[];
}

const families = new Set(["ip", "ip6", "inet"]);

/** Forward chains of other tables that drop by default, iptables' own among them: an accept of ours does not overrule them. */
export function findConflicts(nft: Nft, table: string): { chain: string; remedy: string }[] {
  const chains = nft.list(hostNetns, "list chains").nftables.map((entry) => entry["chain"] as Chain | undefined);
  const dropping = chains.filter(
    (chain) => chain?.hook === "forward" && chain.policy === "drop" && families.has(chain.family),
  );
  if (dropping.length === 0) return [];
  const names = bridgeNames(nft, table);
  // A pattern for the usual names when there is none yet; nft takes patterns outside a set only.
  const bridges = names.length > 0 ? `{ ${names.map((name) => `"${name}"`).join(", ")} }` : '"br-*"';
  return dropping
    .filter((chain) => chain !== undefined)
    .filter((chain) => chain.table !== table)
    .map(({ family, table: other, name }) => {
      const insert = (match: string) => `nft 'insert rule ${family} ${other} ${name} ${match} ${bridges} accept'`;
      return { chain: `${family} ${other} ${name}`, remedy: `${insert("iifname")} && ${insert("oifname")}` };
    });
}

/** Our bridges as the table has them. */
function bridgeNames(nft: Nft, table: string): string[] {
  const listed = nft.list(hostNetns, "list sets").nftables.some((entry) => {
    const set = entry["set"] as { table?: string; name?: string } | undefined;
    return set?.table === table && set.name === "bridges";
  });
  const sets = listed ? nft.list(hostNetns, `list set inet ${table} bridges`).nftables : [];
  const elements = sets.flatMap((entry) => (entry["set"] as BridgeSet | undefined)?.elem ?? []);
  return elements.map((element) => (typeof element === "string" ? element : element.elem.val));
}
