import type { HostConfinement } from "../contracts/limits.ts";
import { hostApparmor } from "./apparmor/apparmor.ts";
import { hasSeccomp } from "./seccomp/seccomp-of.ts";
import { findInit } from "./spec/init-process.ts";
import { protectedPaths, thermalPaths } from "./spec/protected-paths.ts";

/** How this host keeps containers from itself, unless they say otherwise. */
export function hostConfinement(): HostConfinement {
  const { masked, readOnly } = protectedPaths({ privileged: false }, thermalPaths());
  return {
    seccomp: hasSeccomp(),
    apparmor: hostApparmor(),
    initPath: findInit() ?? "",
    maskedPaths: masked,
    readonlyPaths: readOnly,
  };
}
