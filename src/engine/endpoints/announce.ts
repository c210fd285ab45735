import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";

/**
 * Tells machines that are not ours, and those on a plugin's networks, where the addresses of new attachments are now: an
 * address that had another holder is in their neighbour tables, under a MAC that nobody has any more. On networks of our own
 * the kernel knows.
 */
export function announceOnLan(
  { kernel }: Pick<Parts, "kernel">,
  sandboxId: string,
  attachments: readonly Attachment[],
): void {
  for (const { driver, endpoint } of attachments) {
    if (!(driver.lan || endpoint.plugged?.link) || !endpoint.ifName) continue;
    const { ifName } = endpoint;
    const mac = endpoint.mac ?? kernel.links(sandboxId).find(({ name }) => name === ifName)?.mac;
    const addresses = [endpoint.ipv4, endpoint.ipv6].filter((address) => address !== undefined);
    if (mac) kernel.announce(sandboxId, ifName, mac, addresses);
  }
}
