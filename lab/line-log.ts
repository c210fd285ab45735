import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Less than a file of tests may take (scripts/run-tests.ts), so that it is the waiting which fails, and says for what. */
const patienceMs = 100_000;

/** What a process writes, line by line; a line can be awaited. */
export class LineLog {
  /** All of it, for the message of a failed test. */
  readonly lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();

  constructor({ stdout, stderr }: { readonly stdout: Readable | null; readonly stderr: Readable | null }) {
    for (const stream of [stdout, stderr]) if (stream) createInterface(stream).on("line", (line) => this.#hear(line));
  }

  #hear(line: string): void {
    this.lines.push(line);
    for (const listener of [...this.#listeners]) listener(line);
  }

  /** Resolves to the first line, from number `from` on, that matches. Rejects with all lines when there is none for long. */
  logged(pattern: RegExp, from = 0): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const missed = () =>
      reject(new Error(`no line matches ${pattern} after ${patienceMs / 1000} s:\n${this.lines.join("\n")}`));
    const patience = setTimeout(missed, patienceMs).unref();
    const weigh = (line: string) => {
      if (!pattern.test(line)) return;
      clearTimeout(patience);
      this.#listeners.delete(weigh);
      resolve(line);
    };
    this.#listeners.add(weigh);
    this.lines.slice(from).forEach(weigh);
    return promise;
  }
}
