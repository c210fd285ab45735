import koffi from "koffi";
import { kernelError } from "./errno.ts";

const pipe2 = koffi.load("libc.so.6").func("int pipe2(_Out_ int *ends, int flags)");
const O_CLOEXEC = 0o2000000;

/** A pipe that children do not inherit. */
export function pipe(): { readEnd: number; writeEnd: number } {
  const ends = new Int32Array(2);
  if (pipe2(ends, O_CLOEXEC) < 0) throw kernelError("make a pipe", koffi.errno());
  return { readEnd: ends[0] ?? -1, writeEnd: ends[1] ?? -1 };
}
