import { posix } from "node:path";
import { newId } from "../../base/ids.ts";
import type { Container, ContainerConfig, Mount } from "../../model/container.ts";

/**
 * All mounts of a container that is being made, in Docker's order of precedence: its own, then those of the containers
 * that --volumes-from names (the last one wins), then anonymous volumes where nothing else is mounted.
 */
export function completeMounts(config: ContainerConfig, find: (reference: string) => Container): Mount[] {
  const own = config.mounts.map(withName);
  const inherited = new Map(
    (config.storage?.volumesFrom ?? []).flatMap((text) => inheritedMounts(text, find)).map((one) => [one.target, one]),
  );
  for (const { target } of own) inherited.delete(target);
  const mounts = [...inherited.values(), ...own];
  const taken = new Set(mounts.map(({ target }) => target));
  // An image may write them with a slash at the end.
  const wanted = new Set((config.storage?.volumes ?? []).map((target) => posix.resolve("/", target)));
  const anonymous = [...wanted].filter((target) => !taken.has(target));
  const driver = config.storage?.volumeDriver;
  return [...mounts, ...anonymous.map((target) => anonymousVolume(target, driver))];
}

/** A volume without a name gets one that nobody else has. */
function withName(mount: Mount): Mount {
  if (mount.type !== "volume" || mount.source !== "") return mount;
  return { ...mount, source: newId(), volume: { ...mount.volume, anonymous: true } };
}

const anonymousVolume = (target: string, driver: string | undefined): Mount => ({
  ...{ type: "volume", source: newId(), target, readOnly: false, options: [] },
  volume: { anonymous: true, ...(driver ? { driver } : {}) },
});

/** "CONTAINER[:mode]": binds and volumes as that container has them, read-only if either side says so. */
function inheritedMounts(text: string, find: (reference: string) => Container): Mount[] {
  const [reference = "", mode = ""] = text.split(":");
  const readOnly = mode.split(",").includes("ro");
  return find(reference)
    .config.mounts.filter(({ unlisted }) => !unlisted)
    .map((mount) => ({
      ...mount,
      readOnly: mount.readOnly || readOnly,
      ...(mount.volume ? { volume: { ...mount.volume, noCopy: true } } : {}),
    }));
}
