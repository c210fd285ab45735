import { invalid } from "../base/errors.ts";
import type { Network } from "../model/network.ts";
import { mtuOption, prefixOption } from "./interface-options.ts";
import { flagOption as flag } from "./option-values.ts";

export const parentOption = "parent";
const hostAccessOption = "host_access";
const duplicatesOption = "dad";

/** Options that every driver on a parent has, with their defaults. */
export const lanOptionDefaults = {
  [parentOption]: "link of the default route; internal: one of its own",
  [hostAccessOption]: "false",
  [duplicatesOption]: "true",
  [prefixOption]: "eth",
  [mtuOption]: "MTU of the parent",
} as const;

/** Whether the host is to reach the containers. */
export const hostAccess = ({ options }: Network): boolean => flag(hostAccessOption, options[hostAccessOption], false);

/** Whether the LAN is asked for an address before it is used (duplicate address detection). */
export const detectsDuplicates = ({ options }: Network): boolean =>
  flag(duplicatesOption, options[duplicatesOption], true);

/** Refuses host access where the kernel keeps links on one parent from each other. */
export function refuseHostAccess(network: Network, sharing: boolean, instead: string): void {
  if (hostAccess(network) && !sharing)
    throw invalid(
      `option "${hostAccessOption}"`,
      `it needs ${instead}: in other modes links on one parent do not meet`,
    );
}

/** Labels of other tools pass; a misspelt option of the driver does not. Docker's own options have no dot. */
export function refuseUnknownOptions({ driver, options }: Network, known: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(options)) {
    const ours = !key.includes(".") || key.startsWith("com.docker.network.driver.");
    if (ours && !Object.hasOwn(known, key))
      throw invalid(`option "${key}"`, `the ${driver} driver takes ${Object.keys(known).join(", ")}`);
  }
}
