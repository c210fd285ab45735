import { loopbackAlias6 } from "../contracts/firewall.ts";
import { hostNetns, type KernelObject } from "../contracts/kernel.ts";
import { isShared, type Network } from "../model/network.ts";
import type { Parts } from "./parts.ts";
import type { NetworksInUse } from "./shared/in-use.ts";
import type { State } from "./state.ts";

const mark = { netns: hostNetns, owner: "daemon/host" };

/**
 * What the host itself is given besides its networks. `forwarding`: settings that let it pass packets on. Where lo has no
 * IPv6, it can have no address of it, and needs none: nobody asks [::1] there.
 */
export function hostObjects({ state, inUse, forwarding, loopback6 }: HostNeeds): KernelObject[] {
  const built = (network: Network) => !network.configOnly && (!isShared(network) || inUse.has(network.id));
  const ipv6 = [...state.networks.values()].some((network) => network.ipv6 && built(network));
  return ipv6 && loopback6 ? [...forwarding, loopbackAlias] : [...forwarding];
}

interface HostNeeds {
  readonly state: State;
  readonly inUse: NetworksInUse;
  readonly forwarding: readonly KernelObject[];
  readonly loopback6: boolean;
}

/** Gives the host what its networks need by now. What it cannot be given is logged: no network and no start fails for it. */
export function equipHost({ kernel, hostObjects, log }: Pick<Parts, "kernel" | "hostObjects" | "log">): void {
  try {
    kernel.repair(hostObjects());
  } catch (error) {
    log.error({ err: error }, "cannot give the host all that its networks need");
  }
}

export const loopbackAlias: KernelObject = {
  kind: "address",
  ...mark,
  why: "stands for ::1 on the way to a published port",
  link: "lo",
  address: `${loopbackAlias6}/128`,
};

/** What of it a network that has gone was the last to need. */
export const needless = ({ ipv6 }: Network, given: readonly KernelObject[]): KernelObject[] =>
  [loopbackAlias].filter((object) => ipv6 && !given.includes(object));

/** A host setting as a described object, so that it is kept and put back like everything else. */
export const hostSetting = (key: string, value: string, why: string): KernelObject => ({
  kind: "sysctl",
  ...mark,
  why,
  key,
  value,
  optional: true,
});
