import { constants } from "node:os";
import { KernelError } from "../../base/kernel-error.ts";

const names = new Map<number, string>(Object.entries(constants.errno).map(([name, number]) => [number, name]));

// Errors of the network stack that os.constants leaves out; include/uapi/asm-generic/errno.h at v6.12.
for (const [name, number] of Object.entries({ ENOTUNIQ: 76, EPFNOSUPPORT: 96, EXFULL: 54, EUNATCH: 49, ENONET: 64 }))
  names.set(number, name);
// One number, two names: os.constants has both, and the last would win.
names.set(constants.errno.EAGAIN, "EAGAIN");

/** "EEXIST" for 17; "errno 999" for a number without a name. */
export const errnoName = (errno: number): string => names.get(errno) ?? `errno ${errno}`;

/** The one place where a failed call of the kernel becomes an error: `operation` reads as in "Cannot open a socket". */
export const kernelError = (operation: string, errno: number, kernelText?: string): KernelError =>
  new KernelError(operation, errnoName(Math.abs(errno)), kernelText);
