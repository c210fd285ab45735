import { EngineError } from "../base/errors.ts";
import type { Container } from "../model/container.ts";
import type { Network } from "../model/network.ts";
import type { State } from "./state.ts";

/** Looks up by id, name or unique id prefix: an exact id beats a name, a name beats a prefix (docs: Docker Engine API). */
function resolve<T>(reference: string, records: ReadonlyMap<string, T>, named: T | undefined): T[] {
  const exact = records.get(reference) ?? named;
  if (exact !== undefined) return [exact];
  if (!/^[0-9a-f]{1,63}$/.test(reference)) return [];
  const matches: T[] = [];
  for (const [id, record] of records) if (id.startsWith(reference)) matches.push(record);
  return matches;
}

/** Throws CONTAINER_NOT_FOUND or CONTAINER_AMBIGUOUS. Docker shows names with a slash in front and takes them so. */
export function findContainer(state: State, reference: string): Container {
  const name = reference.replace(/^\//, "");
  const matches = resolve(name, state.containers, state.containerNamed(name));
  if (matches.length > 1) throw new EngineError("CONTAINER_AMBIGUOUS", { container: reference });
  if (matches[0] === undefined) throw new EngineError("CONTAINER_NOT_FOUND", { container: reference });
  return matches[0];
}

/** Throws NETWORK_NOT_FOUND or NETWORK_AMBIGUOUS. */
export function findNetwork(state: State, reference: string): Network {
  const matches = resolve(reference, state.networks, state.networkNamed(reference));
  if (matches.length > 1) throw new EngineError("NETWORK_AMBIGUOUS", { network: reference, count: matches.length });
  if (matches[0] === undefined) throw new EngineError("NETWORK_NOT_FOUND", { network: reference });
  return matches[0];
}
