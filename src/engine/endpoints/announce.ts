import { announces } from "../../model/announcing.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";

/*
 * Telling neighbours where the addresses of new attachments are now: an address that had another holder is in their tables
 * under a MAC that nobody has any more, and stays there for a minute.
 */

/** Tells the host and its containers; before the links are made, since the new holder would take it for a conflict. */
export function announceOnBridges({ kernel }: Pick<Parts, "kernel">, attachments: readonly Attachment[]): void {
  for (const { driver, network, endpoint } of attachments) {
    const bridge = announces(network) ? driver.bridgeOf?.(network) : undefined;
    if (bridge && endpoint.mac) kernel.announceOnBridge(bridge, endpoint.mac, addressesOf(endpoint));
  }
}

/** Tells machines on a LAN and on a plugin's networks, by way of the links. */
export function announceOnLan(
  { kernel }: Pick<Parts, "kernel">,
  sandboxId: string,
  attachments: readonly Attachment[],
): void {
  for (const { driver, network, endpoint } of attachments) {
    if (!announces(network) || !(driver.lan || endpoint.plugged?.link) || !endpoint.ifName) continue;
    const { ifName } = endpoint;
    const mac = endpoint.mac ?? kernel.links(sandboxId).find(({ name }) => name === ifName)?.mac;
    if (mac) kernel.announce(sandboxId, ifName, mac, addressesOf(endpoint));
  }
}

const addressesOf = ({ ipv4, ipv6 }: Attachment["endpoint"]): string[] =>
  [ipv4, ipv6].filter((address) => address !== undefined);
