import type { Network } from "../../model/network.ts";
import { lanOptionDefaults, refuseUnknownOptions } from "../lan-options.ts";
import { oneOf } from "../option-values.ts";

const modeOption = "macvlan_mode";

/** Every option the driver knows with its default: what validateNetwork() accepts and lists in its refusals. */
export const macvlanOptionDefaults = { ...lanOptionDefaults, [modeOption]: "bridge" } as const;

/** Throws INVALID for a mode that is not offered. */
export const modeOf = ({ options }: Network) =>
  oneOf(modeOption, options[modeOption], ["bridge", "vepa", "private", "passthru"]);

export const refuseUnknown = (network: Network): void => refuseUnknownOptions(network, macvlanOptionDefaults);
