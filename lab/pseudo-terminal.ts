import { closeSync, constants, openSync } from "node:fs";
import koffi from "koffi";

const lib = koffi.load("libc.so.6");
const ioctl = lib.func("int ioctl(int fd, unsigned long request, void *argument)");
const tcgetattr = lib.func("int tcgetattr(int fd, void *termios)");
const tcsetattr = lib.func("int tcsetattr(int fd, int when, void *termios)");
const cfmakeraw = lib.func("void cfmakeraw(void *termios)");

/** include/uapi/asm-generic/ioctls.h at v6.12. */
const TIOCSWINSZ = 0x5414;
const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const TERMIOS_SIZE = 60; // glibc's struct termios

// O_NOCTTY: a test run without a terminal must not get this one as its own.
const flags = constants.O_RDWR | constants.O_NOCTTY;

/** Both ends of a pseudo-terminal of the devpts at /dev/pts, pty(7). Whoever opened it closes the descriptors. */
interface PseudoTerminal {
  /** What a user's terminal would hold: reads what programs print, writes what is typed. */
  readonly controller: number;
  /** What a program gets as its standard streams; raw, so that bytes pass as they are. */
  readonly line: number;
  resize(rows: number, columns: number): void;
}

export function openPseudoTerminal(): PseudoTerminal {
  const controller = openSync("/dev/ptmx", flags);
  try {
    const line = openSync(`/dev/pts/${unlock(controller)}`, flags);
    makeRaw(line);
    return { controller, line, resize: (rows, columns) => setWindowSize(controller, rows, columns) };
  } catch (cause) {
    closeSync(controller);
    throw cause;
  }
}

function check(result: number, operation: string): void {
  if (result < 0) throw new Error(`Cannot ${operation}: errno ${koffi.errno()}`);
}

/** Unlocks the other end and returns its number below /dev/pts. */
function unlock(controller: number): number {
  const value = new Int32Array([0]);
  check(ioctl(controller, TIOCSPTLCK, value), "unlock a terminal");
  check(ioctl(controller, TIOCGPTN, value), "read a terminal's number");
  return value[0] ?? 0;
}

/** No echo, no line editing, no signals from keys. */
function makeRaw(fd: number): void {
  const termios = new Uint8Array(TERMIOS_SIZE);
  check(tcgetattr(fd, termios), "read a terminal's modes");
  cfmakeraw(termios);
  check(tcsetattr(fd, 0, termios), "set a terminal's modes");
}

function setWindowSize(fd: number, rows: number, columns: number): void {
  // struct winsize: rows, columns, and two sizes in pixels that nobody sets
  check(ioctl(fd, TIOCSWINSZ, new Uint16Array([rows, columns, 0, 0])), "set a terminal's size");
}
