import { isAbsolute } from "node:path";
import { EngineError, invalid } from "../../../base/errors.ts";
import type { Confinement, DeviceGrant } from "../../../model/confinement.ts";
import type { ConfinementBody } from "./confinement-body.ts";

/** Devices, DeviceCgroupRules and DeviceRequests of a HostConfig. */
export function parseDevices(host: ConfinementBody): Pick<Confinement, "devices" | "deviceCgroupRules"> {
  refuseRequests(host.DeviceRequests ?? []);
  const devices = (host.Devices ?? []).map(grantOf);
  const rules = (host.DeviceCgroupRules ?? []).map(checkRule);
  return {
    ...(devices.length > 0 ? { devices } : {}),
    ...(rules.length > 0 ? { deviceCgroupRules: rules } : {}),
  };
}

function grantOf(device: NonNullable<ConfinementBody["Devices"]>[number]): DeviceGrant {
  const pathOnHost = absolute("Devices.PathOnHost", device.PathOnHost ?? "");
  const permissions = device.CgroupPermissions || "rwm";
  if (!/^(?!.*(.).*\1)[rwm]{1,3}$/.test(permissions)) {
    throw invalid("device permissions", `"${permissions}" are not one or more of r, w and m`);
  }
  return {
    pathOnHost,
    pathInContainer: absolute("Devices.PathInContainer", device.PathInContainer || pathOnHost),
    permissions,
  };
}

function checkRule(rule: string): string {
  if (/^[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}$/.test(rule)) return rule;
  throw invalid("device cgroup rule format", `'${rule}' must be like 'c 10:200 rwm'`);
}

/** --gpus and CDI: what an injecting hook of another program would carry out. */
function refuseRequests(requests: NonNullable<ConfinementBody["DeviceRequests"]>): void {
  const [first] = requests;
  if (!first) return;
  const wanted = (first.Capabilities ?? []).map((each) => `[${each.join(" ")}]`).join(" ");
  throw new EngineError("NOT_SUPPORTED", {
    what: `device driver "${first.Driver ?? ""}" with capabilities: [${wanted}]`,
    instead: "give the device nodes with --device and bind-mount the libraries of its driver",
  });
}

function absolute(what: string, path: string): string {
  if (isAbsolute(path)) return path;
  throw invalid(what, `"${path}" must be an absolute path`);
}
