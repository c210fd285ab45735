import koffi from "koffi";
import { kernelError } from "./errno.ts";

const lib = koffi.load("libc.so.6");
const ioctlCall = lib.func("int ioctl(int fd, unsigned long request, void *argument)");
const calls = {
  tcgetattr: lib.func("int tcgetattr(int fd, void *termios)"),
  tcsetattr: lib.func("int tcsetattr(int fd, int when, void *termios)"),
  cfmakeraw: lib.func("void cfmakeraw(void *termios)"),
};

/** include/uapi/asm-generic/ioctls.h at v6.12. */
const TIOCSWINSZ = 0x5414;
const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const TERMIOS_SIZE = 60; // glibc's struct termios

function check(result: number, operation: string): void {
  if (result < 0) throw kernelError(operation, koffi.errno());
}

/** Unlocks the other end of a controller opened from /dev/ptmx and returns its number below /dev/pts. */
export function unlockTerminal(controller: number): number {
  const value = new Int32Array([0]);
  check(ioctlCall(controller, TIOCSPTLCK, value), "unlock a terminal");
  check(ioctlCall(controller, TIOCGPTN, value), "read a terminal's number");
  return value[0] ?? 0;
}

/** No echo, no line editing, no signals from keys: bytes pass as they are. */
export function makeRaw(fd: number): void {
  const termios = new Uint8Array(TERMIOS_SIZE);
  check(calls.tcgetattr(fd, termios), "read a terminal's modes");
  calls.cfmakeraw(termios);
  check(calls.tcsetattr(fd, 0, termios), "set a terminal's modes");
}

export function setWindowSize(fd: number, rows: number, columns: number): void {
  // struct winsize: rows, columns, and two sizes in pixels that nobody sets
  check(ioctlCall(fd, TIOCSWINSZ, new Uint16Array([rows, columns, 0, 0])), "set a terminal's size");
}
