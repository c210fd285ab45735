import { release } from "node:os";
import type { SeccompFilter, SeccompProfile, SeccompRule } from "./profile.ts";

/** What a profile's conditions are about. */
export interface SeccompSubject {
  /** The bounding set. */
  readonly capabilities: readonly string[];
  /** Node's name: "x64", "arm64". */
  readonly architecture: string;
  /** "6.1.0-18-amd64". */
  readonly kernel: string;
}

export const thisMachine = (): Omit<SeccompSubject, "capabilities"> => ({
  architecture: process.arch,
  kernel: release(),
});

const architectures: Readonly<Record<string, { readonly go: string; readonly seccomp: string }>> = {
  x64: { go: "amd64", seccomp: "SCMP_ARCH_X86_64" },
  arm64: { go: "arm64", seccomp: "SCMP_ARCH_AARCH64" },
};

/** A profile in Docker's format as `linux.seccomp` of a bundle: what its conditions leave for this container. */
export function translate(profile: SeccompProfile, subject: SeccompSubject): Record<string, unknown> {
  const { defaultAction, defaultErrnoRet, flags, listenerPath, listenerMetadata } = profile;
  return {
    defaultAction,
    ...present({ defaultErrnoRet, flags, listenerPath, listenerMetadata }),
    architectures: architecturesOf(profile, subject),
    syscalls: profile.syscalls.filter((rule) => counts(rule, subject)).map(withoutConditions),
  };
}

/** The machine's own architecture and those whose programs it runs, too: a 32-bit call must not slip past the filter. */
function architecturesOf(
  { architectures: given, archMap }: SeccompProfile,
  { architecture }: SeccompSubject,
): readonly string[] {
  if (given && given.length > 0) return given;
  const own = architectures[architecture]?.seccomp;
  const entry = archMap?.find((one) => one.architecture === own);
  return entry ? [entry.architecture, ...entry.subArchitectures] : [];
}

function counts({ includes, excludes }: SeccompRule, subject: SeccompSubject): boolean {
  return (includes === undefined || isIncluded(includes, subject)) && !isExcluded(excludes ?? {}, subject);
}

function isIncluded({ caps, arches, minKernel }: SeccompFilter, subject: SeccompSubject): boolean {
  if (arches && arches.length > 0 && !arches.includes(goName(subject))) return false;
  if (caps?.some((capability) => !subject.capabilities.includes(capability))) return false;
  return minKernel === undefined || isAtLeast(subject.kernel, minKernel);
}

function isExcluded({ caps, arches, minKernel }: SeccompFilter, subject: SeccompSubject): boolean {
  if (arches?.includes(goName(subject))) return true;
  if (caps?.some((capability) => subject.capabilities.includes(capability))) return true;
  return minKernel !== undefined && isAtLeast(subject.kernel, minKernel);
}

const goName = ({ architecture }: SeccompSubject): string => architectures[architecture]?.go ?? architecture;

function isAtLeast(kernel: string, wanted: string): boolean {
  const [major = 0, minor = 0] = kernel.split(".").map((part) => Number.parseInt(part, 10));
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

const withoutConditions = ({ names, action, errnoRet, args }: SeccompRule): Record<string, unknown> => ({
  names,
  action,
  ...present({ errnoRet, args }),
});

const present = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
