import { invalid } from "../../base/errors.ts";
import { encryptedOption, type Network } from "../../model/network.ts";
import { flagOption, optionPrefix as prefix } from "../option-values.ts";

/** Options of an overlay network, read from `--opt`. */
export interface OverlayOptions {
  /** VXLAN network identifier; undefined until the cluster has chosen one, and on a host that is alone. */
  readonly vni: number | undefined;
  /** Packets between hosts are encrypted: the driver is then given a tunnel as underlay. */
  readonly encrypted: boolean;
  /** What leaves the host carries the host's address. */
  readonly masquerade: boolean;
}

/** Docker's name: a list with it, of which an overlay has one. */
export const vniOption = `${prefix}driver.overlay.vxlanid_list`;

/** Every option the driver knows with its default, as the README lists them. */
export const overlayOptionDefaults = {
  [vniOption]: "a free one of the cluster's range",
  [encryptedOption]: "false",
  [`${prefix}driver.mtu`]: "MTU of the underlay less the tunnel's headers",
  [`${prefix}bridge.enable_ip_masquerade`]: "true",
  [`${prefix}bridge.enable_icc`]: "true",
  [`${prefix}bridge.host_binding_ipv4`]: "0.0.0.0",
  [`${prefix}container_iface_prefix`]: "eth",
} as const;

/** 24 bits (RFC 7348 section 5); 0 is not used. */
const lastVni = 2 ** 24 - 1;

/** Reads the options of a network; throws INVALID naming the option and the values it takes. */
export function parseOverlayOptions({ options }: Network): OverlayOptions {
  for (const key of Object.keys(options)) refuseUnknown(key);
  const icc = `${prefix}bridge.enable_icc`;
  if (!flagOption(icc, options[icc], true))
    throw invalid(`option "${icc}"`, "members of an overlay always reach each other; give each a network of its own");
  const masquerade = `${prefix}bridge.enable_ip_masquerade`;
  return {
    vni: parseVni(options[vniOption]),
    encrypted: flagOption(encryptedOption, options[encryptedOption] || undefined, encryptedOption in options),
    masquerade: flagOption(masquerade, options[masquerade], true),
  };
}

/** Labels of other tools pass; a misspelt option of this driver, or one that only a bridge of one host has, does not. */
function refuseUnknown(key: string): void {
  const ours = key.startsWith(`${prefix}bridge.`) || key.startsWith(`${prefix}driver.`) || !key.includes(".");
  if (!ours || Object.hasOwn(overlayOptionDefaults, key)) return;
  const known = Object.keys(overlayOptionDefaults).join(", ");
  throw invalid(`option "${key}"`, `the overlay driver takes ${known}`);
}

function parseVni(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (text.includes(",")) throw invalid(`option "${vniOption}"`, `"${text}" is a list; an overlay has one VNI`);
  const vni = /^[1-9]\d{0,7}$/.test(text) ? Number(text) : 0;
  if (vni < 1 || vni > lastVni)
    throw invalid(`option "${vniOption}"`, `"${text}" is not a number from 1 to ${lastVni}`);
  return vni;
}
