import {
  type Cidr,
  containsIp,
  formatCidr,
  overlaps,
  parseCidr,
  parseInterfaceAddress,
  subnetOf,
} from "../../../base/cidr.ts";
import { parseIp } from "../../../base/ip.ts";
import { Refusal } from "../../refusal.ts";
import type { PoolBody } from "./create-body.ts";

/**
 * Refuses pools that make no sense, all that is wrong with them at once and in the words of Docker's own check (since
 * 25), for which tools look. What only the state of the engine can tell is left to it. A pool that asks for nothing passes.
 */
export function validatePools(pools: readonly PoolBody[]): void {
  const problems = pools.flatMap(problemsOf);
  if (problems.length > 0) throw new Refusal(400, `invalid network config:\n${problems.join("\n")}`);
}

function problemsOf(pool: PoolBody): string[] {
  const { Subnet: subnet, IPRange: range, Gateway: gateway, AuxiliaryAddresses: aux } = pool ?? {};
  if (!subnet && !range && !gateway) return [];
  const block = blockOf(subnet ?? "");
  if (!block) return [`invalid subnet ${subnet ?? ""}: invalid CIDR block notation`];
  return [
    ...maskProblem("subnet", subnet ?? "", block),
    ...(range ? rangeProblems(range, block) : []),
    ...(gateway ? addressProblem(`gateway ${gateway}`, gateway, block) : []),
    ...Object.entries(aux ?? {}).flatMap(([name, address]) =>
      addressProblem(`auxiliary address ${name}`, address, block),
    ),
  ];
}

/** A subnet without the host bits in it; other texts as they are. */
export function withoutHostBits(text: string): string {
  const block = blockOf(text);
  return block ? formatCidr(block) : text;
}

/** The block that a text is in, host bits or not. */
function blockOf(text: string): Cidr | undefined {
  const address = parseInterfaceAddress(text);
  return address && subnetOf(address);
}

const familyName = (six: boolean): string => (six ? "IPv6" : "IPv4");
const isSix = (text: string): boolean => text.includes(":");

function maskProblem(what: string, text: string, block: Cidr): string[] {
  return parseCidr(text) ? [] : [`invalid ${what} ${text}: it should be ${formatCidr(block)}`];
}

function rangeProblems(text: string, subnet: Cidr): string[] {
  const range = blockOf(text);
  if (!range) return [`invalid ip-range ${text}: invalid CIDR block notation`];
  const parent = formatCidr(subnet);
  if (isSix(text) !== isSix(parent))
    return [`invalid ip-range ${text}: parent subnet is an ${familyName(isSix(parent))} block`];
  const bigger = range.prefixLength < subnet.prefixLength;
  return [
    ...(bigger ? [`invalid ip-range ${text}: CIDR block is bigger than its parent subnet ${parent}`] : []),
    ...maskProblem("ip-range", text, range),
    ...(overlaps(subnet, range) ? [] : [`invalid ip-range ${text}: parent subnet ${parent} doesn't contain ip-range`]),
  ];
}

function addressProblem(what: string, text: string, subnet: Cidr): string[] {
  const address = parseIp(text);
  const parent = formatCidr(subnet);
  if (!address) return [`invalid ${what}: invalid address`];
  if (isSix(text) !== isSix(parent)) return [`invalid ${what}: parent subnet is an ${familyName(isSix(parent))} block`];
  return containsIp(subnet, address) ? [] : [`invalid ${what}: parent subnet ${parent} doesn't contain this address`];
}
