import type { KernelObject } from "../../contracts/kernel.ts";
import type { Network } from "../../model/network.ts";
import type { Parts } from "../parts.ts";
import { place } from "../plan/transition.ts";

/**
 * Those objects of a network that no other network describes too. What networks share, such as a sub-interface of a
 * parent, is made with the first of them and removed with the last. Under the lock of the list of networks.
 */
export function ownObjects({ state, drivers }: Pick<Parts, "state" | "drivers">, network: Network): KernelObject[] {
  const driver = drivers.find(network.driver);
  const { objects } = driver.network(network);
  const others = [...state.networks.values()].filter(
    ({ id, driver: type, configOnly }) => id !== network.id && !configOnly && drivers.find(type).lan,
  );
  if (!driver.lan || others.length === 0) return [...objects];
  const shared = new Set(others.flatMap((other) => drivers.find(other.driver).network(other).objects.map(place)));
  return objects.filter((object) => !shared.has(place(object)));
}
