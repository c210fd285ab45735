import { invalid } from "../base/errors.ts";
import type { TerminalSize } from "../contracts/runtime.ts";
import type { Query } from "./query.ts";

/** The size that a resize asks for: `h` rows of `w` characters. */
export const terminalSize = (query: Query): TerminalSize => ({
  rows: size("h", query.integer("h")),
  columns: size("w", query.integer("w")),
});

function size(name: string, value: number | undefined): number {
  if (value !== undefined && value >= 0 && value <= 65_535) return value;
  throw invalid(`query parameter "${name}"`, "a terminal has from 0 to 65535 rows and columns");
}
