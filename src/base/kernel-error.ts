/** What the kernel refused. Made only in src/kernel; in base so that every layer may test for it. */
export class KernelError extends Error {
  override readonly name = "KernelError";
  /** What was attempted, e.g. `create link "br0"`. */
  readonly operation: string;
  /** errno name, e.g. "EEXIST". */
  readonly errno: string;
  /** The kernel's own words (NLMSGERR_ATTR_MSG), when it gave any. */
  readonly kernelText: string | undefined;
  constructor(operation: string, errno: string, kernelText?: string, options?: ErrorOptions) {
    super(`Cannot ${operation}: ${errno}${kernelText ? ` (${kernelText})` : ""}`, options);
    this.operation = operation;
    this.errno = errno;
    this.kernelText = kernelText;
  }
}
