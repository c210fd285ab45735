import { closeSync, constants, openSync } from "node:fs";
import type { Terminal, Terminals } from "../../contracts/terminals.ts";
import { makeRaw, setWindowSize, unlockTerminal } from "../ffi/terminal.ts";

// O_NOCTTY: a daemon started without a terminal must not get this one as its own.
const flags = constants.O_RDWR | constants.O_NOCTTY;

/** Pseudo-terminals of the devpts at /dev/pts, pty(7). */
export const terminals: Terminals = {
  open(): Terminal {
    const controller = openSync("/dev/ptmx", flags);
    try {
      const line = openLine(controller);
      return { controller, line, resize: (rows, columns) => setWindowSize(controller, rows, columns) };
    } catch (cause) {
      closeSync(controller);
      throw cause;
    }
  },
};

function openLine(controller: number): number {
  const line = openSync(`/dev/pts/${unlockTerminal(controller)}`, flags);
  try {
    makeRaw(line);
    return line;
  } catch (cause) {
    closeSync(line);
    throw cause;
  }
}
