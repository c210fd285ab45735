import { EngineError } from "../../base/errors.ts";
import type { Volume } from "../../model/volume.ts";
import type { State } from "../state.ts";

/** By its full name: Docker knows no prefixes of volumes. Throws VOLUME_NOT_FOUND. */
export function findVolume({ volumes }: Pick<State, "volumes">, name: string): Volume {
  const volume = volumes.get(name);
  if (volume) return volume;
  throw new EngineError("VOLUME_NOT_FOUND", { volume: name });
}
