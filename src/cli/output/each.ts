import { ApiError } from "../../client/errors.ts";
import type { Terminal } from "./terminal.ts";

/** Does something for each of several names; goes on after what the daemon refuses, and makes the exit code 1. */
export async function forEachName(
  out: Terminal,
  names: readonly string[],
  act: (name: string) => Promise<string | undefined>,
): Promise<void> {
  for (const name of names) {
    try {
      const line = await act(name);
      if (line !== undefined) out.line(line);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      out.errorLine(`Error response from daemon: ${error.message}`);
      out.exitCode = 1;
    }
  }
}
