import type { Endpoint } from "../../model/endpoint.ts";
import type { Parts } from "../parts.ts";

/**
 * Takes a container off a network that was removed while it was stopped: by the network's name, unless it is also on a
 * namesake, or by the start of its id. There is nothing to take away but the record. Under the container's lock.
 */
export function leaveRemoved(
  { state }: Pick<Parts, "state">,
  containerId: string,
  network: string,
): Endpoint | undefined {
  const own = state.endpointsOf(containerId);
  const namesake = state.networkNamed(network);
  if (own.some(({ networkId }) => networkId === namesake?.id)) return undefined;
  const left = own.find(
    ({ removedNetwork, networkId }) =>
      removedNetwork === network || (removedNetwork !== undefined && networkId.startsWith(network)),
  );
  if (left) state.commit([{ delete: "endpoint", id: left.id }]);
  return left;
}
