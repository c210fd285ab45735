import { watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { LogEntry, LogQuery } from "../../contracts/runtime.ts";
import { LineJoiner } from "./line-joiner.ts";
import { parseLogLine } from "./log-line.ts";
import { tailOffset } from "./tail-offset.ts";

export interface LogSource {
  readonly path: string;
  /** Whether nobody will write to it again. */
  isOver(): boolean;
  /** Tells when it may be over. */
  listen(onOver: () => void): Disposable;
}

const NEWLINE = 0x0a;
const blockSize = 64 * 1024;

/** Runtime.logs: reads only as fast as its reader takes, and holds one block and one line at most. */
export async function* readLog(source: LogSource, query: LogQuery): AsyncGenerator<LogEntry, void, void> {
  const file = await openIfThere(source.path);
  if (!file) return;
  await using _file = file;
  using wakeUp = new WakeUp(source, query);
  const wants = (stream: string): boolean => (stream === "stdout" ? query.stdout : query.stderr);
  const joiner = new LineJoiner();
  const lines = new LineReader(file, query.tail === undefined ? 0 : await tailOffset(file, query.tail, wants));
  for (;;) {
    // Asked before reading: conmon writes the last line before it says that the container has ended.
    const isLast = !query.follow || source.isOver();
    for await (const bytes of lines.untilEnd()) {
      if (query.signal?.aborted) return;
      const line = parseLogLine(bytes);
      const entry = line && joiner.push(line);
      if (!entry || !wants(entry.stream) || isBefore(entry, query.since)) continue;
      if (isAfter(entry, query.until)) return;
      yield entry;
    }
    // A line without an end is shown before waiting: it may be a question.
    yield* joiner.flush().filter((entry) => wants(entry.stream) && !isBefore(entry, query.since));
    if (isLast || wakeUp.isOver) return;
    await wakeUp.next();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined; // never started
    throw cause;
  }
}

const secondsOf = (time: string): number =>
  Date.parse(`${time.slice(0, 19)}Z`) / 1000 + Number(`0${time.slice(19, -1)}`);
const isBefore = ({ time }: LogEntry, since: number | undefined): boolean =>
  since !== undefined && secondsOf(time) < since;
const isAfter = ({ time }: LogEntry, until: number | undefined): boolean =>
  until !== undefined && secondsOf(time) > until;

/** Whole lines of a file that grows. */
class LineReader {
  readonly #file: FileHandle;
  readonly #block = Buffer.allocUnsafe(blockSize);
  #position: number;
  #rest = Buffer.alloc(0);

  constructor(file: FileHandle, position: number) {
    this.#file = file;
    this.#position = position;
  }

  /** Lines up to the present end of the file; the beginning of an unfinished one is kept for the next call. */
  async *untilEnd(): AsyncGenerator<Buffer, void, void> {
    for (;;) {
      const { bytesRead } = await this.#file.read(this.#block, 0, blockSize, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      const bytes = Buffer.concat([this.#rest, this.#block.subarray(0, bytesRead)]);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        yield bytes.subarray(start, end);
        start = end + 1;
      }
      this.#rest = bytes.subarray(start);
    }
  }
}

/** Waits for anything that may give a follower something to do. What happens between two waits is not lost. */
class WakeUp implements Disposable {
  /** True when the time asked for has passed, or the reader has gone. */
  isOver = false;
  readonly #resources = new DisposableStack();
  #happened = Promise.withResolvers<void>();

  constructor(source: LogSource, { follow, signal, until }: LogQuery) {
    if (!follow) return;
    const happen = (): void => this.#happened.resolve();
    const finish = (): void => {
      this.isOver = true;
      happen();
    };
    const watcher = watch(source.path, { persistent: false }, happen);
    watcher.on("error", happen);
    this.#resources.defer(() => watcher.close());
    this.#resources.use(source.listen(happen));
    signal?.addEventListener("abort", finish);
    this.#resources.defer(() => signal?.removeEventListener("abort", finish));
    if (signal?.aborted) finish();
    if (until !== undefined) this.#finishAt(until * 1000, finish);
  }

  async next(): Promise<void> {
    await this.#happened.promise;
    this.#happened = Promise.withResolvers();
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }

  #finishAt(timeMs: number, finish: () => void): void {
    const longest = 2 ** 31 - 1; // of a timer; who asks for weeks may ask again
    const timer = setTimeout(finish, Math.min(Math.max(0, timeMs - Date.now()), longest)).unref();
    this.#resources.defer(() => clearTimeout(timer));
  }
}
