import type { ContainerConfig } from "./container.ts";

/** The profile that Docker's engine and ours put on containers; the one that is loaded first serves both. */
export const defaultApparmor = "docker-default";

/** Name of the AppArmor profile that a container runs under by Docker's rules, on a host that has AppArmor. */
export function apparmorOf({ privileged, confinement }: Pick<ContainerConfig, "privileged" | "confinement">): string {
  return confinement?.apparmor || (privileged ? "unconfined" : defaultApparmor);
}
