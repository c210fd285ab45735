import { globSync } from "node:fs";
import { join, relative } from "node:path";
import type { ContainerConfig } from "../../model/container.ts";

/** What tells of or harms the host, hidden from containers that are not privileged: Docker's list. */
export const maskedPaths = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];

/** Counters by which neighbours can be spied upon; one directory a processor, so it depends on the machine. */
export const thermalPaths = (): string[] => globSync("/sys/devices/system/cpu/cpu*/thermal_throttle").sort();

/** What is hidden and what is read-only in this container. */
export function protectedPaths(
  { privileged, confinement }: Pick<ContainerConfig, "privileged" | "confinement">,
  thermal: readonly string[] = [],
): { masked: readonly string[]; readOnly: readonly string[] } {
  const [masked, readOnly] = privileged ? [[], []] : [[...maskedPaths, ...thermal], readonlyPaths];
  return { masked: confinement?.maskedPaths ?? masked, readOnly: confinement?.readonlyPaths ?? readOnly };
}

/** Read-only in containers that are not privileged: Docker's list. */
export const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/**
 * Where the daemon's own directories and sockets would appear in a container whose root is, or is a copy of, the host's
 * `root` directory. runc hides each: a directory below an empty read-only tmpfs, a file below /dev/null.
 */
export function secretsIn(root: string, secrets: readonly string[]): string[] {
  return secrets
    .map((path) => relative(root, path))
    .filter((path) => path !== "" && path !== ".." && !path.startsWith("../"))
    .map((path) => join("/", path));
}
