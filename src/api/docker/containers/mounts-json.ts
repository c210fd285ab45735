import type { ContainerView } from "../../../engine/engine.ts";
import type { ContainerConfig, Mount } from "../../../model/container.ts";
import { propagationModes } from "./mount-rules.ts";

/** Docker's container.MountPoint list of inspect and ps. What --tmpfs mounts is in HostConfig only. */
export function mountsJson({ container: { config }, mountpoints }: Pick<ContainerView, "container" | "mountpoints">) {
  return config.mounts.filter(({ unlisted }) => !unlisted).map((mount) => mountJson(mount, mountpoints));
}

function mountJson(mount: Mount, mountpoints: ContainerView["mountpoints"]) {
  const { type, source, target, readOnly, options, mode = "" } = mount;
  const rest = { Destination: target, Mode: mode, RW: !readOnly };
  if (type === "tmpfs") return { Type: type, Source: "", ...rest, Propagation: "" };
  if (type === "bind") {
    const propagation = options.find((word) => propagationModes.includes(word)) ?? "rprivate";
    return { Type: type, Source: source, ...rest, Propagation: propagation };
  }
  const place = { Name: source, Source: mountpoints[source] ?? "" };
  return { Type: type, ...place, Destination: target, Driver: "local", Mode: mode, RW: !readOnly, Propagation: "" };
}

/** The fields of HostConfig about storage, as they were given. */
export function storageJson({ storage = {}, mounts }: ContainerConfig) {
  const tmpfs = mounts.filter(({ unlisted }) => unlisted);
  return {
    Binds: storage.binds ?? null,
    VolumeDriver: storage.volumeDriver ?? "",
    VolumesFrom: storage.volumesFrom ?? null,
    ...(storage.mounts ? { Mounts: storage.mounts } : {}),
    ...(tmpfs.length > 0 ? { Tmpfs: Object.fromEntries(tmpfs.map(tmpfsText)) } : {}),
  };
}

const tmpfsText = ({ target, options, readOnly }: Mount): [string, string] => [
  target,
  [...options, ...(readOnly ? ["ro"] : [])].join(","),
];

/** Config.Volumes: targets of anonymous volumes. */
export const volumesJson = ({ storage }: ContainerConfig): Record<string, object> | null =>
  storage?.volumes ? Object.fromEntries(storage.volumes.map((target) => [target, {}])) : null;
