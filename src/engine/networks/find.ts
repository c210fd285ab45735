import { EngineError } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import type { State } from "../state.ts";

/** By full id, name, or unique id prefix, in this order of precedence; "default" means the built-in bridge. */
export function findNetwork(state: State, reference: string): Network {
  const exact = state.networks.get(reference) ?? state.networkNamed(reference === "default" ? "bridge" : reference);
  if (exact) return exact;
  const matches = /^[0-9a-f]+$/.test(reference)
    ? [...state.networks.values()].filter(({ id }) => id.startsWith(reference))
    : [];
  if (matches.length > 1) throw new EngineError("NETWORK_AMBIGUOUS", { network: reference, count: matches.length });
  if (!matches[0]) throw new EngineError("NETWORK_NOT_FOUND", { network: reference });
  return matches[0];
}
