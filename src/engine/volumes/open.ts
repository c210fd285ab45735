import { Rollback } from "../../base/rollback.ts";
import type { Container, Mount } from "../../model/container.ts";
import { needsMount, type Volume } from "../../model/volume.ts";
import { findVolume } from "./find.ts";
import { holdVolumes, type VolumeParts } from "./parts.ts";
import { volumesOf } from "./users.ts";

/**
 * Makes a container's volumes ready for a run, mounting those that have a file system of their own with their first
 * user. Returns where they are on the host. Under the container's lock.
 */
export async function openVolumes(
  parts: VolumeParts,
  container: Container,
  rollback: Rollback,
  { tellEvents = true }: { tellEvents?: boolean } = {},
): Promise<Record<string, string>> {
  const names = volumesOf(container);
  rollback.onFailure(`volumes of ${container.name}`, () => closeVolumes(parts, container, { tellEvents }));
  await using _lock = await holdVolumes(parts, names);
  for (const name of names) await openOne(parts, container, findVolume(parts.state, name));
  const mounts = container.config.mounts.filter(({ type }) => type === "volume");
  if (tellEvents) for (const mount of mounts) tellMount(parts, container, mount);
  return mountpointsOf(parts, container);
}

async function openOne(parts: VolumeParts, { id, config }: Container, volume: Volume): Promise<void> {
  const { files, copyUp, open } = parts;
  files.settle(volume.name);
  if (needsMount(volume)) {
    await files.mount(volume);
    await using rollback = new Rollback();
    // Before anyone else gets the volume: to a second user it must not look as if it had been filled.
    if (!open.has(volume.name)) rollback.onFailure(`mount of ${volume.name}`, () => files.unmount(volume.name));
    const mount = config.mounts.find(({ type, source }) => type === "volume" && source === volume.name);
    // Only here is there anything to copy to. What is empty at every mount, a tmpfs, is filled at every first use.
    if (mount && !mount.volume?.noCopy && !mount.volume?.subpath && !open.has(volume.name)) {
      const from = { rootfs: config.rootfs, path: mount.target };
      await files.fill(volume.name, (directory) => copyUp.copyUp(from, directory));
    }
    rollback.commit();
  }
  open.set(volume.name, (open.get(volume.name) ?? new Set()).add(id));
}

/** A container has ended: what has no other user is unmounted. Goes on after a failure. Idempotent. */
export async function closeVolumes(
  parts: VolumeParts,
  container: Container,
  { tellEvents = true }: { tellEvents?: boolean } = {},
): Promise<void> {
  const { open, events, files, state, log } = parts;
  const names = volumesOf(container).filter((name) => open.get(name)?.has(container.id));
  await using _lock = await holdVolumes(parts, names);
  for (const name of names) {
    const users = open.get(name);
    users?.delete(container.id);
    if (users?.size === 0) open.delete(name);
    const volume = state.volumes.get(name);
    const attributes = { container: container.id, driver: volume?.driver ?? "local" };
    if (tellEvents) events.emit("volume", "unmount", { id: name, attributes });
    if (open.has(name) || !volume || !needsMount(volume)) continue;
    await files.unmount(name).catch((err: unknown) => log.error({ err, volume: name }, "cannot unmount a volume"));
  }
}

function tellMount({ events, state }: VolumeParts, { id }: Container, { source, target, readOnly }: Mount): void {
  const driver = state.volumes.get(source)?.driver ?? "local";
  const attributes = { container: id, destination: target, driver, propagation: "", "read/write": String(!readOnly) };
  events.emit("volume", "mount", { id: source, attributes });
}

/** Where a container's volumes are on the host, by name. */
export const mountpointsOf = (
  { files }: Pick<VolumeParts, "files">,
  container: Pick<Container, "config">,
): Record<string, string> => Object.fromEntries(volumesOf(container).map((name) => [name, files.mountpoint(name)]));
