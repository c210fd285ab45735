import koffi from "koffi";
import { kernelError } from "./errno.ts";

const lib = koffi.load("libc.so.6");
const pthreadSigmask = lib.func("int pthread_sigmask(int how, const void *set, void *old)");

/** asm-generic/signal-defs.h. */
const SIG_BLOCK = 0;
const SIG_SETMASK = 2;
/** Room of glibc's sigset_t; every signal that can be blocked. */
const setBytes = 128;
const all = Buffer.alloc(setBytes, 0xff);

function setMask(how: number, set: Buffer, old: Buffer | null): void {
  const errno: number = pthreadSigmask(how, set, old);
  if (errno !== 0) throw kernelError("change the signal mask", errno);
}

/**
 * Calls `body` while signals wait, or go to other threads: for libraries that take EINTR for a failure. Node's handlers
 * run on any thread (they only write to a pipe).
 */
export function withoutSignals<T>(body: () => T): T {
  const before = Buffer.alloc(setBytes);
  setMask(SIG_BLOCK, all, before);
  try {
    return body();
  } finally {
    setMask(SIG_SETMASK, before, null);
  }
}
