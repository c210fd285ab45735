import { readFileSync } from "node:fs";
import { invalid } from "../../base/errors.ts";
import { capabilityNamed, capabilityNames as names } from "../../model/capabilities.ts";
import type { ContainerConfig } from "../../model/container.ts";

/** What a container has unless told otherwise: Docker's list. */
const byDefault =
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
    .split(" ")
    .map((name) => `CAP_${name}`);

/** Capabilities of a bounding set, as /proc/PID/status prints it ("000001ffffffffff"). */
export function capabilitiesOf(mask: string): string[] {
  const bits = BigInt(`0x${mask}`);
  return names.filter((_name, number) => (bits >> BigInt(number)) & 1n);
}

/** Capabilities that this process can hand out at all: its bounding set, capabilities(7). */
export function grantable(): string[] {
  const [, mask = "0"] = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return capabilitiesOf(mask);
}

type Wanted = Pick<ContainerConfig, "privileged" | "capAdd" | "capDrop">;

/** The container's capabilities by Docker's rules: drops win over the defaults, additions over drops, ALL stands for all. */
export function containerCapabilities({ privileged, capAdd, capDrop }: Wanted, all: readonly string[]): string[] {
  if (privileged) return [...all];
  const add = capAdd.map(capabilityName);
  const drop = capDrop.map(capabilityName);
  if (add.includes("ALL")) return all.filter((name) => !drop.includes(name));
  const kept = drop.includes("ALL") ? [] : byDefault.filter((name) => all.includes(name) && !drop.includes(name));
  const wanted = new Set([...kept, ...add]);
  return names.filter((name) => wanted.has(name));
}

function capabilityName(text: string): string {
  const name = capabilityNamed(text);
  if (name !== undefined) return name;
  throw invalid("capability", `"${text}" is none of Linux's capabilities`);
}

/**
 * The sets of a process, as an execve(2) would leave them: root has its capabilities, any other user only the bound.
 * Nothing is inheritable, so that a file's inheritable capabilities give nothing.
 */
export const capabilitySets = (capabilities: readonly string[], uid: number): Record<string, readonly string[]> =>
  uid === 0 ? { bounding: capabilities, effective: capabilities, permitted: capabilities } : { bounding: capabilities };
