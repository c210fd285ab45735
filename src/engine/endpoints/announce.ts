import { announcing } from "../../model/announcing.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import type { OpenSandbox } from "./open-sandboxes.ts";

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
 * up, of a bridge or a switch, may not forward yet. The sandbox is open, with these attachments.
 */
export function announceOnLan(parts: Announcing, sandbox: OpenSandbox, attachments: readonly Attachment[]): void {
  for (const { driver, network, endpoint } of attachments) {
    const { count, intervalMs } = announcing(network);
    if (!driver.lan && !endpoint.plugged?.link) continue;
    repeat(count, intervalMs, () => isHeld(parts, sandbox, endpoint) && announce(parts, sandbox, endpoint));
  }
}

type Announcing = Pick<Parts, "kernel" | "sandboxes">;

function announce({ kernel }: Announcing, { id }: OpenSandbox, endpoint: Endpoint): void {
  const { ifName } = endpoint;
  const mac = endpoint.mac ?? kernel.links(id).find(({ name }) => name === ifName)?.mac;
  if (ifName && mac) kernel.announce(id, ifName, mac, addressesOf(endpoint));
}

/** Does it so many times, the first at once, as long as it says something else than false. */
function repeat(times: number, intervalMs: number, act: () => unknown): void {
  if (times <= 0 || act() === false || times === 1) return;
  setTimeout(() => repeat(times - 1, intervalMs, act), intervalMs).unref();
}

/** Whether the addresses are still where they were announced. */
function isHeld({ sandboxes }: Announcing, sandbox: OpenSandbox, { id, ipv4, ipv6 }: Endpoint): boolean {
  const now = sandbox.attachments.find(({ endpoint }) => endpoint.id === id)?.endpoint;
  return sandboxes.get(sandbox.id) === sandbox && now?.ipv4 === ipv4 && now?.ipv6 === ipv6;
}

const addressesOf = ({ ipv4, ipv6 }: Endpoint): string[] => [ipv4, ipv6].filter((address) => address !== undefined);
