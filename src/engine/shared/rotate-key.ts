import { EngineError } from "../../base/errors.ts";
import type { KeyRotation } from "../../contracts/tunnel.ts";
import type { Parts } from "../parts.ts";

/**
 * Gives this host's tunnel a new key: first the device, then the store, and the other hosts follow
 * (docs/decisions/0005-encrypted-overlays.md). When it cannot be published, the old key is taken back. Fails with
 * CLUSTER_HOST_REFUSED on a host that has no tunnel, and with STORE_AWAY.
 */
export async function rotateKey(parts: Parts): Promise<{ publicKey: string }> {
  const { cluster, locks, events, log } = parts;
  const what = "change the key of";
  const before = endOf(parts, what);
  // One at a time. Not the lock that containers' starts take: the store may be slow.
  await using _lock = await locks.hold("tunnel key");
  const { state, why } = cluster.state();
  if (state !== "connected")
    throw new EngineError("STORE_AWAY", { what: `${what} this host`, store: cluster.storeName, why });
  const rotation = await begin(parts);
  try {
    await cluster.publishTunnel();
  } catch (error) {
    await takeBack(parts, rotation);
    throw error;
  }
  rotation.commit();
  const { publicKey } = rotation;
  log.info({ publicKey, before: before.publicKey }, "this host's tunnel has a new key");
  events.emit("cluster", "key_rotated", { id: cluster.hostId, attributes: { publicKey } });
  return { publicKey };
}

function endOf({ cluster, tunnel }: Parts, what: string): { publicKey: string } {
  const end = cluster.tunnel();
  if (end) return end;
  const host = cluster.hosts().find(({ id }) => id === cluster.hostId)?.name ?? cluster.hostId.slice(0, 12);
  const why = tunnel.unsupported ?? "it is alone and has no tunnel; start its daemon with --cluster";
  throw new EngineError("CLUSTER_HOST_REFUSED", { host, what, why });
}

/** No repair may look between the two, and take the new key for a difference. */
async function begin({ tunnels, tunnel, kernel, gate }: Parts): Promise<KeyRotation> {
  using _pass = await gate.shared();
  const rotation = tunnels.rotate();
  try {
    kernel.repair(tunnel.objects());
  } catch (error) {
    rotation.revert();
    throw error;
  }
  return rotation;
}

async function takeBack({ tunnel, kernel, gate, cluster, log }: Parts, rotation: KeyRotation): Promise<void> {
  using _pass = await gate.shared();
  rotation.revert();
  kernel.repair(tunnel.objects());
  // What failed may have been written all the same. While the store is away it is compared when that is back.
  cluster.publishTunnel().catch((err: unknown) => log.debug({ err }, "the old key is published later"));
}
