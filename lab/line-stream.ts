import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** A stream read line by line; a line can be awaited. */
export class LineStream {
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();

  constructor(stream: Readable) {
    createInterface(stream).on("line", (line) => {
      this.#lines.push(line);
      for (const listener of [...this.#listeners]) listener(line);
    });
  }

  /** Calls back for every line, those that have come already too. */
  each(listener: (line: string) => void): void {
    this.#lines.forEach(listener);
    this.#listeners.add(listener);
  }

  /** The first line that matches. */
  line(pattern: RegExp): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.each((line) => {
      if (pattern.test(line)) resolve(line);
    });
    return promise;
  }
}
