/** Condition on one argument of a system call: seccomp_rule_add(3). */
export interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  /** Of SCMP_CMP_MASKED_EQ: what the masked argument must be. */
  readonly valueTwo?: number;
  readonly op: string;
}

/** When a rule counts: all of `includes`, none of `excludes`. */
export interface SeccompFilter {
  /** All are needed by `includes`; one is enough for `excludes`. */
  readonly caps?: readonly string[];
  /** Go's names: amd64, arm64. */
  readonly arches?: readonly string[];
  /** "4.8": this kernel or a later one. */
  readonly minKernel?: string;
}

export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
  readonly includes?: SeccompFilter;
  readonly excludes?: SeccompFilter;
}

/** A profile in Docker's format: rules with conditions on capabilities, architecture and kernel, which the OCI's has not. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  /** Either the architectures themselves, or those that go with the machine's own. */
  readonly architectures?: readonly string[];
  readonly archMap?: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] }[];
  readonly flags?: readonly string[];
  readonly listenerPath?: string;
  readonly listenerMetadata?: string;
  readonly syscalls: readonly SeccompRule[];
}
