import { announcing } from "../../model/announcing.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";

/*
 * Telling neighbours where the addresses of new attachments are now: an address that had another holder is in their tables
 * under a MAC that nobody has any more, and stays there for a minute.
 */

/** Tells the host and its containers; before the links are made, since the new holder would take it for a conflict. */
export function announceOnBridges({ kernel }: Pick<Parts, "kernel">, attachments: readonly Attachment[]): void {
  for (const { driver, network, endpoint } of attachments) {
    const bridge = announcing(network).count > 0 ? driver.bridgeOf?.(network) : undefined;
    if (bridge && endpoint.mac) kernel.announceOnBridge(bridge, endpoint.mac, addressesOf(endpoint));
  }
}

/**
 * Tells machines on a LAN and on a plugin's networks, by way of the links; again later, because a port that has just come
 * up, of a bridge or a switch, may not forward yet.
 */
export function announceOnLan(
  parts: Pick<Parts, "kernel" | "sandboxes">,
  sandboxId: string,
  attachments: readonly Attachment[],
): void {
  const { kernel } = parts;
  for (const { driver, network, endpoint } of attachments) {
    const { count, intervalMs } = announcing(network);
    if (count === 0 || !(driver.lan || endpoint.plugged?.link) || !endpoint.ifName) continue;
    const { ifName } = endpoint;
    const mac = endpoint.mac ?? kernel.links(sandboxId).find(({ name }) => name === ifName)?.mac;
    if (!mac) continue;
    const tell = () => kernel.announce(sandboxId, ifName, mac, addressesOf(endpoint));
    tell();
    repeat(count - 1, intervalMs, () => isHeld(parts, sandboxId, endpoint) && tell());
  }
}

/** Does it so many times, as long as it says something else than false. */
function repeat(times: number, intervalMs: number, act: () => unknown): void {
  if (times === 0) return;
  const again = () => act() !== false && repeat(times - 1, intervalMs, act);
  setTimeout(again, intervalMs).unref();
}

/** Whether the addresses are still where they were announced. */
function isHeld({ sandboxes }: Pick<Parts, "sandboxes">, sandboxId: string, { id, ipv4, ipv6 }: Endpoint): boolean {
  const now = sandboxes.get(sandboxId)?.attachments.find(({ endpoint }) => endpoint.id === id)?.endpoint;
  return now?.ipv4 === ipv4 && now?.ipv6 === ipv6 && now !== undefined;
}

const addressesOf = ({ ipv4, ipv6 }: Endpoint): string[] => [ipv4, ipv6].filter((address) => address !== undefined);
