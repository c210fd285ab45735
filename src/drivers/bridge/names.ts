import type { Network } from "../../model/network.ts";
import { bridgeNameOf } from "../names.ts";
import type { BridgeOptions } from "./options.ts";

/** Name of a network's bridge: as asked for, that of the built-in network, or made from the id. */
export function bridgeName(network: Network, options: BridgeOptions, defaultBridge: string): string {
  if (options.name) return options.name;
  return network.builtIn ? defaultBridge : bridgeNameOf(network);
}
