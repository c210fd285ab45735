import type { Network } from "../../model/network.ts";
import { lanOptionDefaults, refuseUnknownOptions } from "../lan-options.ts";
import { oneOf } from "../option-values.ts";

const modeOption = "ipvlan_mode";
const flagOption = "ipvlan_flag";

/** Every option the driver knows with its default: what validateNetwork() accepts and lists in its refusals. */
export const ipvlanOptionDefaults = { ...lanOptionDefaults, [modeOption]: "l2", [flagOption]: "bridge" } as const;

/** Throws INVALID for a mode that is not offered. */
export const modeOf = ({ options }: Network) => oneOf(modeOption, options[modeOption], ["l2", "l3", "l3s"]);

/** Throws INVALID for a flag that is not offered. */
export const flagOf = ({ options }: Network) => oneOf(flagOption, options[flagOption], ["bridge", "private", "vepa"]);

export const refuseUnknown = (network: Network): void => refuseUnknownOptions(network, ipvlanOptionDefaults);
