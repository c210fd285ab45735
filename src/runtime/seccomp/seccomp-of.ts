import { existsSync } from "node:fs";
import { EngineError } from "../../base/errors.ts";
import type { ContainerConfig } from "../../model/container.ts";
import { defaultProfile } from "./default-profile.ts";
import { parseProfile } from "./parse-profile.ts";
import type { SeccompProfile } from "./profile.ts";

/** Whether this kernel filters system calls: CONFIG_SECCOMP_FILTER, seen by its list of actions (Linux 4.14). */
export const hasSeccomp = (): boolean => existsSync("/proc/sys/kernel/seccomp/actions_avail");

/**
 * The profile of a container by Docker's rules; undefined: none. A privileged one has that which it asks for by name. Throws
 * INVALID for a profile that is none.
 */
export function seccompOf(
  { privileged, confinement }: Pick<ContainerConfig, "privileged" | "confinement">,
  supported = hasSeccomp(),
): SeccompProfile | undefined {
  const wanted = confinement?.seccomp ?? "";
  if (wanted === "unconfined" || (wanted === "" && (privileged || !supported))) return undefined;
  if (!supported) {
    const instead = "the kernel of this host has no seccomp: leave the profile out, or run it elsewhere";
    throw new EngineError("NOT_SUPPORTED", { what: "a seccomp profile", instead });
  }
  return wanted === "" || wanted === "default" ? defaultProfile : parseProfile(wanted);
}
