import { EngineError } from "../../../base/errors.ts";
import { isMode } from "./binds.ts";
import { propagationModes } from "./mount-rules.ts";

/** An entry of HostConfig.VolumesFrom, "CONTAINER[:ro|rw]": propagation and copying are the other container's. */
export function checkVolumesFrom(text: string): void {
  if (text === "") throw refused("volumes-from specification cannot be an empty string");
  const at = text.indexOf(":");
  const mode = at < 0 ? "" : text.slice(at + 1);
  const words = mode.split(",");
  const wrong = words.some((word) => word === "nocopy" || propagationModes.includes(word));
  if (!isMode(mode) || wrong) throw refused(`invalid mode: ${mode}`);
}

const refused = (why: string): EngineError => new EngineError("MOUNT_REFUSED", { why });
