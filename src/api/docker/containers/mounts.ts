import { EngineError } from "../../../base/errors.ts";
import type { ContainerConfig, Mount } from "../../../model/container.ts";
import type { ApiVersion } from "../../version.ts";
import { parseBind } from "./binds.ts";
import type { CreateBody, HostConfigBody } from "./create-body.ts";
import { mountTarget, tmpfsMount } from "./mount-rules.ts";
import { parseMount } from "./mount-specs.ts";
import { checkVolumesFrom } from "./volumes-from.ts";

/** Binds, Mounts, Tmpfs, VolumesFrom and Volumes of a create body: what they mean, and what was written. */
export function parseStorage(body: CreateBody, version: ApiVersion): Pick<ContainerConfig, "mounts" | "storage"> {
  const host = body.HostConfig ?? {};
  const volumes = Object.keys(body.Volumes ?? {});
  const storage = {
    ...listed("binds", host.Binds),
    ...listed("mounts", host.Mounts),
    ...listed("volumesFrom", host.VolumesFrom),
    ...listed(
      "volumes",
      volumes.map((target) => mountTarget(target, "volume")),
    ),
    ...(host.VolumeDriver ? { volumeDriver: host.VolumeDriver } : {}),
  };
  (host.VolumesFrom ?? []).forEach(checkVolumesFrom);
  return { mounts: parseMounts(host, version), ...(Object.keys(storage).length > 0 ? { storage } : {}) };
}

const listed = <K extends string, T>(key: K, values: readonly T[] | null | undefined): { [P in K]?: readonly T[] } =>
  values && values.length > 0 ? ({ [key]: values } as { [P in K]: readonly T[] }) : {};

/** In that order. A target that is given twice is refused, as Docker does. */
function parseMounts(host: HostConfigBody, version: ApiVersion): Mount[] {
  const driver = host.VolumeDriver ?? "";
  const mounts = [
    ...(host.Binds ?? []).map((text) => parseBind(text, driver)),
    ...(host.Mounts ?? []).map((mount) => parseMount(mount, version)),
    ...Object.entries(host.Tmpfs ?? {}).map(([target, options]) => tmpfsOption(target, options)),
  ];
  const seen = new Set<string>();
  for (const { target } of mounts) {
    if (seen.has(target)) throw new EngineError("MOUNT_REFUSED", { why: `Duplicate mount point: ${target}` });
    seen.add(target);
  }
  return mounts;
}

/** --tmpfs TARGET[:options]. */
function tmpfsOption(target: string, options: string): Mount {
  const words = options.split(",").filter((word) => word !== "");
  return { ...tmpfsMount(mountTarget(target, "tmpfs"), words), unlisted: true };
}
