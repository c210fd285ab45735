import { spawn } from "node:child_process";
import { programEnvironment, textOf } from "../run-program.ts";

/**
 * Runs find(1) over a directory and yields what its -printf wrote, records ended by NUL: a tree of any size, no link
 * followed. Names are bytes, and need not be UTF-8: a character stands for each (latin1).
 */
export async function* findRecords(find: string, directory: string, tests: readonly string[]): AsyncGenerator<string> {
  const child = spawn(find, [directory, "-mindepth", "1", ...tests], {
    stdio: ["ignore", "pipe", "pipe"],
    env: programEnvironment(),
  });
  const { promise: code, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", (cause) => reject(new Error(`Cannot run ${find}`, { cause })));
  child.once("close", resolve);
  code.catch(() => undefined); // awaited below
  const complaint = textOf(child.stderr);
  let rest = Buffer.alloc(0);
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(0);
    if (end >= 0) yield* bytes.toString("latin1", 0, end).split("\0");
    rest = bytes.subarray(end + 1);
  }
  if ((await code) !== 0) throw new Error(`Cannot search ${directory}: ${(await complaint).trim()}`);
}

/** The bytes of a path that findRecords() found below a directory. */
export const pathBelow = (directory: string, found: string): Buffer =>
  Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(found, "latin1")]);
