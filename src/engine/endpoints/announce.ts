import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";

/**
 * Tells neighbours (the host, its containers, machines on a LAN) where the addresses of new attachments are now: an address
 * that had another holder is in their tables under a MAC that nobody has any more, and stays there for a minute.
 */
export function announce(
  { kernel }: Pick<Parts, "kernel">,
  sandboxId: string,
  attachments: readonly Attachment[],
): void {
  for (const { driver, network, endpoint } of attachments) {
    const { ifName } = endpoint;
    const bridge = driver.bridgeOf?.(network);
    if (!(bridge || driver.lan || endpoint.plugged?.link) || !ifName) continue;
    const mac = endpoint.mac ?? kernel.links(sandboxId).find(({ name }) => name === ifName)?.mac;
    const addresses = [endpoint.ipv4, endpoint.ipv6].filter((address) => address !== undefined);
    if (!mac) continue;
    if (bridge) kernel.announceOnBridge(bridge, mac, addresses);
    else kernel.announce(sandboxId, ifName, mac, addresses);
  }
}
