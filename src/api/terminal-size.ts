import type { TerminalSize } from "../contracts/runtime.ts";
import type { Query } from "./query.ts";
import { Refusal } from "./refusal.ts";

/** The size that a resize asks for: `h` rows of `w` characters. */
export const terminalSize = (query: Query): TerminalSize => ({
  rows: size("height", query.text("h")),
  columns: size("width", query.text("w")),
});

/** As much as the kernel has room for, struct winsize of asm-generic/termios.h. */
const largest = 65_535;

/** In Docker's words, which are those of Go's strconv: it takes what fits into 32 bits. */
function size(what: string, text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw refused(what, text, "invalid syntax");
  if (Number(text) < 0 || Number(text) > largest) throw refused(what, text, "value out of range");
  return Number(text);
}

const refused = (what: string, text: string, why: string) =>
  new Refusal(400, `invalid resize ${what} ${JSON.stringify(text.slice(0, 80))}: ${why}`);
