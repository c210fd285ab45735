import { ExitError } from "../errors.ts";
import type { Terminal } from "./terminal.ts";

/** Asks; anything but yes ends the command, as does the end of the input. */
export async function confirm(out: Terminal, question: string): Promise<void> {
  out.write(`${question}\nAre you sure you want to continue? [y/N] `);
  let answer = "";
  for await (const chunk of out.stdin) {
    answer += String(chunk);
    if (answer.includes("\n")) break;
  }
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new ExitError(1, "nothing was done: give --force to go on without asking");
}
