import { execFileSync } from "node:child_process";

/** Exit code of a process that a signal has ended: 128 and its number. */
const endedBy = { SIGHUP: 129, SIGTERM: 143 } as const;

/**
 * Gives every key of the terminal to the program at its other end, until disposed. Done with stty, because Node's
 * setRawMode() goes on turning "\n" into "\r\n" on output, and full-screen programs use a bare "\n" to go down a line.
 */
export function rawMode(): Disposable {
  const before = stty("-g").trim();
  const restore = () => void stty(before);
  const leave = (signal: keyof typeof endedBy) => process.exit(endedBy[signal]);
  stty("raw", "-echo");
  process.once("exit", restore);
  for (const signal of ["SIGHUP", "SIGTERM"] as const) process.once(signal, leave);
  return {
    [Symbol.dispose]() {
      restore();
      process.off("exit", restore);
      for (const signal of ["SIGHUP", "SIGTERM"] as const) process.off(signal, leave);
    },
  };
}

/** Works on the terminal of our standard input. */
const stty = (...args: string[]): string =>
  execFileSync("stty", args, { stdio: ["inherit", "pipe", "inherit"], encoding: "utf8" });
