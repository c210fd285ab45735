import type { Engine } from "../../../engine/engine.ts";
import type { Confinement } from "../../../model/confinement.ts";
import type { ContainerConfig } from "../../../model/container.ts";
import { Refusal } from "../../refusal.ts";
import type { ConfinementBody } from "./confinement-body.ts";
import { parseDevices } from "./devices.ts";
import { parseNamespaces } from "./namespaces.ts";
import { parseSecurityOptions } from "./security-options.ts";

/** How a HostConfig confines its container; a field that says nothing is left out. */
export function parseConfinement(
  engine: Engine,
  host: ConfinementBody,
  version: number,
): Pick<ContainerConfig, "confinement" | "namespaces" | "init"> {
  const confinement: Confinement = {
    ...parseSecurityOptions(host.SecurityOpt ?? []),
    ...parseDevices(host),
    ...(host.GroupAdd?.length ? { groupAdd: host.GroupAdd } : {}),
    ...(host.MaskedPaths ? { maskedPaths: host.MaskedPaths } : {}),
    ...(host.ReadonlyPaths ? { readonlyPaths: host.ReadonlyPaths } : {}),
    ...(host.OomScoreAdj ? { oomScoreAdj: scoreOf(host.OomScoreAdj) } : {}),
  };
  const namespaces = parseNamespaces(engine, host, version);
  return {
    ...(Object.keys(confinement).length > 0 ? { confinement } : {}),
    ...(Object.keys(namespaces).length > 0 ? { namespaces } : {}),
    ...(typeof host.Init === "boolean" ? { init: host.Init } : {}),
  };
}

function scoreOf(score: number): number {
  if (score >= -1000 && score <= 1000) return score;
  throw new Refusal(400, `Invalid value ${score}, range for oom score adj is [-1000, 1000]`);
}
