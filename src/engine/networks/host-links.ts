import type { Machine } from "../../contracts/driver.ts";
import { hostNetns } from "../../contracts/kernel.ts";
import type { Network } from "../../model/network.ts";
import type { Parts } from "../parts.ts";

/** What drivers may ask of the machine. Its links are many where networks are, and most drivers never look at them. */
export const machineFor = ({ kernel, state }: Pick<Parts, "kernel" | "state">): Machine => ({
  get links() {
    return kernel.links(hostNetns);
  },
  get uplink() {
    return kernel.uplink();
  },
  networks: [...state.networks.values()].filter(({ configOnly }) => !configOnly),
});

/** What the user should know of a new network. A LAN's link may be down, as with Docker: what is on it waits. */
export function warningOf({ drivers, kernel }: Pick<Parts, "drivers" | "kernel">, network: Network): string {
  const lan = drivers.find(network.driver).lan?.(network);
  if (!lan) return "";
  const down = kernel.links(hostNetns).find(({ name, up }) => name === lan.link && !up);
  return down ? `its parent "${down.name}" is down, and nobody is reached through it: ip link set ${down.name} up` : "";
}
