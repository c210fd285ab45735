import { isAbsolute } from "node:path";
import { EngineError } from "../../../base/errors.ts";
import type { Mount } from "../../../model/container.ts";
import { mountTarget, propagationModes, tidy } from "./mount-rules.ts";

/** Words of a mode by what they decide; each group may be there once (moby, volume/mounts). */
const groups: Readonly<Record<string, readonly string[]>> = {
  access: ["ro", "rw"],
  label: ["z", "Z"],
  propagation: propagationModes,
  copy: ["nocopy"],
  consistency: ["consistent", "cached", "delegated", "default"],
};

/** True for what may stand behind the last colon of -v. */
export function isMode(mode: string): boolean {
  if (mode === "") return true;
  const words = mode.split(",");
  const found = words.map((word) => Object.keys(groups).find((group) => groups[group]?.includes(word)));
  return !found.includes(undefined) && new Set(found).size === found.length;
}

/** An entry of HostConfig.Binds: "SOURCE:TARGET[:mode]", where the source is a path or a volume, or "TARGET". */
export function parseBind(text: string, volumeDriver: string): Mount {
  const parts = text.split(":");
  const [first = "", second = "", mode = ""] = parts;
  if (first === "" || parts.length > 3 || (parts.length > 1 && second === "")) throw badSpec(text);
  // "/foo:rw" is no path and a mode: it would be a volume without a place.
  if (parts.length === 2 && isMode(second)) throw badSpec(text);
  if (!isMode(mode)) throw new EngineError("MOUNT_REFUSED", { why: `invalid mode: ${mode}` });
  const [source, target] = parts.length === 1 ? ["", first] : [first, second];
  const words = mode.split(",");
  const propagation = words.filter((word) => propagationModes.includes(word));
  try {
    const readOnly = words.includes("ro");
    if (isAbsolute(source)) {
      const base = { type: "bind", source: tidy(source), makeSource: true, options: propagation } as const;
      return { ...base, target: mountTarget(target, "bind"), readOnly, mode };
    }
    if (propagation.length > 0)
      throw new EngineError("MOUNT_REFUSED", { why: "field BindOptions must not be specified" });
    const volume = {
      ...(words.includes("nocopy") ? { noCopy: true } : {}),
      ...(volumeDriver ? { driver: volumeDriver } : {}),
    };
    const base = { type: "volume", source, options: [], volume } as const;
    return { ...base, target: mountTarget(target, "volume"), readOnly, mode: mode || "z" };
  } catch (error) {
    throw error instanceof EngineError ? badSpec(text, error.message) : error;
  }
}

const badSpec = (text: string, why = ""): EngineError =>
  new EngineError("MOUNT_REFUSED", { why: `invalid volume specification: '${text}'${why === "" ? "" : `: ${why}`}` });
