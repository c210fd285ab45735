import { defaultApparmor } from "../../model/apparmor.ts";

/** What the profile depends on. */
export interface ProfileHost {
  /** Label of the daemon's own process, whose signals reach containers: "unconfined". */
  readonly daemon: string;
  /** Whether the host has the rules that its own profiles share (abstractions/base). */
  readonly hasBase: boolean;
}

/** All files below a directory but those whose path goes on with `kept`, as patterns of apparmor.d(5), "Globbing". */
export function allBut(directory: string, kept: string): string[] {
  return [...kept].map((letter, index) => `${directory}${kept.slice(0, index)}[^${letter}]**`);
}

/** Of /proc only processes, whose names are numbers, and the sysctls of shared memory are written to. */
const readOnlyInProc = ["/proc/*", "/proc/[^1-9s]**", ...allBut("/proc/", "sys/kernel/shm").slice(1)];

/** Tell of the host, or change it. */
const closed = [
  "/proc/sysrq-trigger",
  "/proc/kcore",
  "/sys/firmware/**",
  "/sys/devices/virtual/powercap/**",
  "/sys/kernel/security/**",
];

/**
 * The profile of containers that ask for none, in the language of apparmor.d(5): as strict as Docker's. Everything but
 * mounts, what a container could change of its host by way of /proc and /sys, and other programs' processes.
 */
export function defaultProfile({ daemon, hasBase }: ProfileHost): string {
  const senders = new Set(["unconfined", "runc", daemon]);
  return [
    ...(hasBase ? ["#include <tunables/global>"] : []),
    // Files that lie outside its root, or are deleted, are still the container's.
    `profile ${defaultApparmor} flags=(attach_disconnected,mediate_deleted) {`,
    ...(hasBase ? ["#include <abstractions/base>"] : []),
    ...["network", "capability", "file", "umount"].map((rule) => `${rule},`),
    ...[...senders].map((peer) => `signal (receive) peer=${quoted(peer)},`),
    `signal (send, receive) peer=${defaultApparmor},`,
    `ptrace (trace, read, tracedby, readby) peer=${defaultApparmor},`,
    "deny mount,",
    ...readOnlyInProc.map((path) => `deny ${path} w,`),
    ...allBut("/sys/", "fs/cgroup/").map((path) => `deny ${path} wklx,`),
    ...closed.map((path) => `deny ${path} rwklx,`),
    "}",
    "",
  ].join("\n");
}

const quoted = (label: string): string => `"${label.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
