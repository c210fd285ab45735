import type { LogEntry } from "../../contracts/runtime.ts";
import type { LogLine } from "./log-line.ts";

/** A container's line grows to this before it is handed on in parts, so that no reader has to hold an endless one. */
const longestLine = 64 * 1024;

interface Open {
  readonly time: string;
  readonly parts: Buffer[];
  length: number;
}

/** Puts the container's lines together again, each stream by itself. An entry has the time of its first part. */
export class LineJoiner {
  readonly #open = new Map<LogEntry["stream"], Open>();

  /** Takes the next line of the log; returns an entry when one is complete, or long enough. */
  push(line: LogLine): LogEntry | undefined {
    if (!line.partial && !this.#open.has(line.stream))
      return { stream: line.stream, time: line.time, bytes: line.text };
    const open = this.#open.get(line.stream) ?? { time: line.time, parts: [], length: 0 };
    open.parts.push(line.text);
    open.length += line.text.length;
    if (line.partial && open.length < longestLine) {
      this.#open.set(line.stream, open);
      return undefined;
    }
    this.#open.delete(line.stream);
    return { stream: line.stream, time: open.time, bytes: Buffer.concat(open.parts) };
  }

  /** What has no end yet: a prompt that waits for an answer, or the last words without a newline. */
  flush(): LogEntry[] {
    const entries = [...this.#open].map(([stream, { time, parts }]) => ({ stream, time, bytes: Buffer.concat(parts) }));
    this.#open.clear();
    return entries.sort((left, right) => (left.time < right.time ? -1 : 1));
  }
}
