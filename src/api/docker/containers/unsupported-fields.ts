import { EngineError } from "../../../base/errors.ts";

/**
 * Docker's create fields that Fairlead does not carry out. `warn`: the container works without, and the user is told.
 * `refuse`: it would not work, or would be less protected than asked. null, false, 0, "", empty lists and
 * empty objects say nothing. Fields of HostConfig that are in neither this table nor the schema have no meaning on Linux
 * or here (ContainerIDFile, Isolation, Annotations ...).
 */
interface Unsupported {
  readonly do: "warn" | "refuse";
  readonly why: string;
}

/** Gone from Docker 28, too: such a limit makes system calls fail in ways that no program expects. */
const noKernelMemory: Unsupported = { do: "warn", why: "kernel memory has no limit of its own; --memory counts it" };

export const unsupportedHostConfig: Readonly<Record<string, Unsupported>> = {
  KernelMemory: noKernelMemory,
  KernelMemoryTCP: noKernelMemory,
  StorageOpt: { do: "refuse", why: "the writable layer has no options" },
};

export const unsupportedConfig: Readonly<Record<string, Unsupported>> = {
  Shell: { do: "warn", why: "it only matters to a build" },
};

/** Throws NOT_SUPPORTED for the first field that must not be ignored; returns a warning for each that may. */
export function checkUnsupported(table: Readonly<Record<string, Unsupported>>, body: unknown): string[] {
  const values = (body ?? {}) as Readonly<Record<string, unknown>>;
  const warnings: string[] = [];
  for (const [name, rule] of Object.entries(table)) {
    if (saysNothing(values[name])) continue;
    if (rule.do === "refuse") throw new EngineError("NOT_SUPPORTED", { what: name, instead: rule.why });
    warnings.push(`${name} has no effect: ${rule.why}`);
  }
  return warnings;
}

const saysNothing = (value: unknown): boolean =>
  !value || (typeof value === "object" && Object.values(value).every(saysNothing));
