import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { anonymousLabel, type Volume } from "../../model/volume.ts";
import { timestamp } from "../timestamp.ts";
import { validateDriver, validateOptions, validateVolumeName } from "./names.ts";
import { holdVolumes, type VolumeParts } from "./parts.ts";

/** POST /volumes/create in the model's words. */
export interface VolumeRequest {
  /** "": one is made up, and the volume is an anonymous one. */
  readonly name: string;
  /** Its name was made up by the caller. */
  readonly anonymous?: boolean;
  readonly driver: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
}

/** Makes a volume. One that is there is returned, unless other options are asked for than it has. */
export async function createVolume(parts: VolumeParts, request: VolumeRequest): Promise<Volume> {
  const volume = newVolume(request);
  await using _lock = await holdVolumes(parts, [volume.name]);
  const there = parts.state.volumes.get(volume.name);
  if (there) return sameOptions(there, request);
  parts.files.stage(volume.name);
  try {
    parts.state.commit([{ put: "volume", id: volume.name, value: volume }]);
  } catch (error) {
    await parts.files.erase(volume.name);
    throw error;
  }
  settleVolume(parts, volume);
  return volume;
}

/** Validates a request; throws VOLUME_REFUSED or VOLUME_DRIVER_NOT_FOUND. */
export function newVolume({ name: wanted, anonymous, driver, labels, options }: VolumeRequest): Volume {
  const name = wanted || newId();
  validateVolumeName(name);
  validateDriver(driver);
  validateOptions(name, options ?? {});
  const all = wanted === "" || anonymous ? { ...labels, [anonymousLabel]: "" } : labels;
  return {
    name,
    driver: "local",
    created: timestamp(),
    ...(all ? { labels: all } : {}),
    ...(options ? { options } : {}),
  };
}

/** Nothing asked for is content with everything. Throws VOLUME_EXISTS. */
export function sameOptions(volume: Volume, { options }: Pick<VolumeRequest, "options">): Volume {
  const [wanted, has] = [Object.entries(options ?? {}), volume.options ?? {}];
  const same = wanted.length === Object.keys(has).length && wanted.every(([key, value]) => has[key] === value);
  if (wanted.length === 0 || same) return volume;
  const shown = Object.entries(has).map(([key, value]) => `${key}=${value}`);
  throw new EngineError("VOLUME_EXISTS", { volume: volume.name, options: shown.join(" ") || "none" });
}

/** A record that has been committed gets its directory, and the world hears of it. */
export function settleVolume({ files, events }: VolumeParts, { name, driver }: Volume): void {
  files.settle(name);
  events.emit("volume", "create", { id: name, attributes: { driver } });
}
