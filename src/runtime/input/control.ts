import { closeSync, constants, openSync, writeSync } from "node:fs";
import { ifThere } from "../if-there.ts";

/** Whose monitor is told: a container, or an exec at a terminal. */
interface Controlled {
  readonly control: string;
}

/** Control messages of conmon, src/ctrl.c at v2.1.6: three numbers a line. */
const resizeMessage = 1;
const reopenLogMessage = 2;
/** Beyond it conmon ignores a size. */
const largestSize = 1000;

/** Tells the monitor a terminal's new size; false when there is no monitor. */
export const sendSize = (files: Controlled, rows: number, columns: number): boolean =>
  send(files, `${resizeMessage} ${Math.min(rows, largestSize)} ${Math.min(columns, largestSize)}\n`);

/** Asks the monitor to close its log and to begin a new one; false when there is no monitor. */
export const sendReopenLog = (files: Controlled): boolean => send(files, `${reopenLogMessage} 0 0\n`);

/** A short line is written whole, fifo(7). */
function send(files: Controlled, line: string): boolean {
  // Non-blocking: without a reader opening fails with ENXIO instead of waiting for one.
  const fifo = ifThere(() => openSync(files.control, constants.O_WRONLY | constants.O_NONBLOCK));
  if (fifo === undefined) return false;
  try {
    writeSync(fifo, line);
    return true;
  } finally {
    closeSync(fifo);
  }
}
