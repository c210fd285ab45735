import { isAbsolute } from "node:path";
import { EngineError, invalid } from "../../../base/errors.ts";
import type { Mount } from "../../../model/container.ts";
import type { HostConfigBody, MountBody } from "./create-body.ts";

/** Binds, Mounts and Tmpfs of a HostConfig, in that order. A target that is given twice is refused, as Docker does. */
export function parseMounts(host: HostConfigBody): Mount[] {
  const mounts = [
    ...(host.Binds ?? []).map(parseBind),
    ...(host.Mounts ?? []).map(parseMount),
    ...Object.entries(host.Tmpfs ?? {}).map(([target, options]) => tmpfs(target, split(options), false)),
  ];
  const seen = new Set<string>();
  for (const { target } of mounts) {
    if (seen.has(target)) throw invalid("mount", `Duplicate mount point: ${target}`);
    seen.add(target);
  }
  return mounts;
}

/** "SOURCE:TARGET[:options]". */
function parseBind(text: string): Mount {
  const [source = "", target = "", options = "", ...rest] = text.split(":");
  if (target === "" || rest.length > 0)
    throw invalid(`bind "${text}"`, "it must be SOURCE:TARGET or SOURCE:TARGET:OPTIONS");
  if (!isAbsolute(source)) throw noVolumes(source);
  const words = split(options);
  return {
    type: "bind",
    source,
    target: absolute(`target of bind "${text}"`, target),
    readOnly: words.includes("ro"),
    makeSource: true,
    // SELinux relabelling ("z", "Z") has no meaning without SELinux; "ro" and "rw" are in readOnly.
    options: words.filter(
      (word) => !["ro", "rw", "z", "Z", "nocopy", "cached", "delegated", "consistent"].includes(word),
    ),
  };
}

function parseMount(mount: MountBody): Mount {
  const target = absolute("Mounts.Target", mount.Target ?? "");
  const readOnly = mount.ReadOnly ?? false;
  switch (mount.Type ?? "") {
    case "bind": {
      const source = absolute("Mounts.Source", mount.Source ?? "");
      const { Propagation: propagation, CreateMountpoint: makeSource } = mount.BindOptions ?? {};
      const options = propagation ? [propagation] : [];
      return { type: "bind", source, target, readOnly, options, makeSource: makeSource ?? false };
    }
    case "tmpfs": {
      const { SizeBytes: size, Mode: mode } = mount.TmpfsOptions ?? {};
      const options = [...(size ? [`size=${size}`] : []), ...(mode ? [`mode=${mode.toString(8)}`] : [])];
      return tmpfs(target, options, readOnly);
    }
    case "volume":
      throw noVolumes(mount.Source ?? "");
    default:
      throw invalid("Mounts.Type", `"${mount.Type ?? ""}" is neither bind nor tmpfs`);
  }
}

const tmpfs = (target: string, options: readonly string[], readOnly: boolean): Mount => ({
  type: "tmpfs",
  source: "tmpfs",
  target: absolute("tmpfs target", target),
  readOnly: readOnly || options.includes("ro"),
  options: options.filter((word) => word !== "ro" && word !== "rw"),
});

const split = (text: string): string[] => text.split(",").filter((word) => word !== "");

function absolute(what: string, path: string): string {
  if (isAbsolute(path)) return path;
  throw invalid(what, `"${path}" must be an absolute path`);
}

function noVolumes(name: string): EngineError<"NOT_SUPPORTED"> {
  return new EngineError("NOT_SUPPORTED", { what: `volume "${name}"`, instead: "bind-mount a directory of the host" });
}
