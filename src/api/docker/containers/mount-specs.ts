import { isAbsolute, posix } from "node:path";
import { EngineError } from "../../../base/errors.ts";
import type { Mount } from "../../../model/container.ts";
import type { VolumeUse } from "../../../model/volume.ts";
import type { ApiVersion } from "../../version.ts";
import type { MountBody } from "./create-body.ts";
import { badMount, mountTarget, propagationModes, tidy, tmpfsMount } from "./mount-rules.ts";

/** An entry of HostConfig.Mounts, which `--mount` fills; refused in Docker's words. */
export function parseMount(mount: MountBody, version: ApiVersion): Mount {
  const type = mount.Type ?? "";
  const target = mountTarget(mount.Target ?? "", type);
  switch (type) {
    case "bind":
      return bindMount(mount, target, version);
    case "volume":
      return volumeMount(mount, target, version);
    case "tmpfs":
      return tmpfs(mount, target);
    case "image":
    case "cluster":
    case "npipe":
      throw new EngineError("NOT_SUPPORTED", {
        what: `a mount of type ${type}`,
        instead: "use type bind, volume or tmpfs; COPY --from or docker cp brings an image's files into a volume",
      });
    default:
      throw badMount(type, "mount type unknown");
  }
}

function bindMount(mount: MountBody, target: string, version: ApiVersion): Mount {
  const source = mount.Source ?? "";
  if (source === "") throw badMount("bind", "field Source must not be empty");
  if (mount.VolumeOptions) throw badMount("bind", "field VolumeOptions must not be specified");
  if (!isAbsolute(source)) throw badMount("bind", `invalid mount path: '${source}' mount path must be absolute`);
  const options = mount.BindOptions ?? {};
  const { Propagation: propagation = "" } = options;
  if (propagation && !propagationModes.includes(propagation))
    throw badMount("bind", `invalid propagation mode: ${propagation}`);
  const below = readOnlyBelow(mount, version);
  return {
    ...{ type: "bind", source: tidy(source), target, readOnly: mount.ReadOnly ?? false },
    options: [...(propagation ? [propagation] : []), ...(options.NonRecursive ? ["bind"] : [])],
    makeSource: (version >= 42 && options.CreateMountpoint) || false,
    ...(below ? { readOnlyBelow: below } : {}),
  };
}

/** Since API 1.44. */
function readOnlyBelow({ ReadOnly, BindOptions }: MountBody, version: ApiVersion): Mount["readOnlyBelow"] {
  const { ReadOnlyNonRecursive: never, ReadOnlyForceRecursive: always, NonRecursive, Propagation } = BindOptions ?? {};
  if (version < 44) return undefined;
  if ((never || always) && !ReadOnly) {
    throw badMount(
      "bind",
      `mount source must be read-only when Bind${never ? "ReadOnlyNonRecursive" : "ReadOnlyForceRecursive"} is set`,
    );
  }
  if (!always) return never ? "never" : undefined;
  if (never) throw badMount("bind", "ReadOnlyForceRecursive and ReadOnlyNonRecursive must not be both set");
  // What is mounted there later would come in writable.
  if (NonRecursive) throw badMount("bind", "ReadOnlyForceRecursive and NonRecursive must not be both set");
  if (Propagation && Propagation !== "rprivate") {
    throw badMount("bind", "ReadOnlyForceRecursive requires Propagation to be rprivate");
  }
  return "always";
}

function volumeMount(mount: MountBody, target: string, version: ApiVersion): Mount {
  if (mount.BindOptions) throw badMount("volume", "field BindOptions must not be specified");
  const source = mount.Source ?? "";
  const volume = volumeUse(mount, version);
  if (volume.subpath !== undefined && source === "") {
    throw badMount("volume", "must not set Subpath when using anonymous volumes");
  }
  if (mount.ReadOnly && source === "") {
    throw badMount("volume", "must not set ReadOnly mode when using anonymous volumes");
  }
  return { type: "volume", source, target, readOnly: mount.ReadOnly ?? false, options: [], volume, mode: "z" };
}

function volumeUse({ VolumeOptions }: MountBody, version: ApiVersion): VolumeUse {
  const { NoCopy, Labels, DriverConfig, Subpath } = VolumeOptions ?? {};
  const subpath = version >= 45 ? (Subpath ?? "") : "";
  if (!isLocal(subpath)) throw badMount("volume", "subpath must be a relative path within the volume");
  return {
    ...(NoCopy ? { noCopy: true } : {}),
    ...(subpath === "" ? {} : { subpath }),
    ...(DriverConfig?.Name ? { driver: DriverConfig.Name } : {}),
    ...(Labels && Object.keys(Labels).length > 0 ? { labels: Labels } : {}),
    ...(DriverConfig?.Options && Object.keys(DriverConfig.Options).length > 0 ? { options: DriverConfig.Options } : {}),
  };
}

/** A path that does not leave where it starts; "" is none at all. */
function isLocal(path: string): boolean {
  const plain = posix.normalize(path);
  return path === "" || (!isAbsolute(path) && plain !== ".." && !plain.startsWith("../"));
}

function tmpfs(mount: MountBody, target: string): Mount {
  if (mount.BindOptions) throw badMount("tmpfs", "field BindOptions must not be specified");
  if (mount.Source) throw badMount("tmpfs", "field Source must not be specified");
  const { SizeBytes: size, Mode: mode, Options: words } = mount.TmpfsOptions ?? {};
  const more = (words ?? []).map((word) => word.join("="));
  const wrong = more.find((word) => word !== "exec" && word !== "noexec");
  if (wrong !== undefined) throw badMount("tmpfs", `invalid option: ${wrong}`);
  const options = [...(mode ? [`mode=${mode.toString(8)}`] : []), ...(size ? [`size=${size}`] : []), ...more];
  return tmpfsMount(target, options, mount.ReadOnly ?? false);
}
