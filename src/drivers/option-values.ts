import { invalid } from "../base/errors.ts";
import { parseFlag } from "../base/flags.ts";
import { type Family, type Ip, parseIp } from "../base/ip.ts";
import type { Network } from "../model/network.ts";
import { refuseUnworkableInterfaces } from "./interface-options.ts";

/** What the names of Docker's options begin with. */
export const optionPrefix = "com.docker.network.";

/** Reads a flag as Docker does, by Go's strconv.ParseBool; throws INVALID naming the option. */
export function flagOption(option: string, text: string | undefined, byDefault: boolean): boolean {
  if (text === undefined || text === "") return byDefault;
  const flag = parseFlag(text);
  if (flag !== undefined) return flag;
  throw invalid(`option "${option}"`, `"${text}" is neither true nor false`);
}

/** Refuses what parses but cannot work on any bridge; only for new networks, so that none in the store is lost to a new rule. */
export function refuseUnworkable(network: Network): void {
  refuseUnworkableInterfaces(network);
  refuseOtherFamily(network, "bridge.host_binding_ipv4", 4);
}

/** Refuses an option that is there and no address of the family; the address. */
export function refuseOtherFamily({ options }: Network, key: string, family: Family): Ip | undefined {
  const text = options[optionPrefix + key];
  if (!text) return undefined;
  const address = parseIp(text);
  if (address?.family === family) return address;
  throw invalid(`option "${optionPrefix}${key}"`, `"${text}" is no IPv${family} address`);
}

/** One of several words, the first unless said otherwise. Throws INVALID naming the option and its words. */
export function oneOf<W extends string>(option: string, text: string | undefined, words: readonly [W, ...W[]]): W {
  if (text === undefined || text === "") return words[0];
  const word = words.find((each) => each === text);
  if (word) return word;
  throw invalid(`option "${option}"`, `"${text}" is not offered; use ${words.join(", ")}`);
}
