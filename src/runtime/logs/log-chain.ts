import { closeSync, existsSync, fstatSync, mkdirSync, openSync, read, statSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { tailOffset } from "./tail-offset.ts";

const NEWLINE = 0x0a;
const blockSize = 64 * 1024;
const nothing = Buffer.alloc(0);
const readAt = promisify(read);

const closeFile = (file: number): void => closeSync(file);

/** Names of a log's files, oldest first: "log.2", "log.1", "log". */
export function logFiles(path: string): string[] {
  const files = [path];
  for (let number = 1; existsSync(`${path}.${number}`); number += 1) files.unshift(`${path}.${number}`);
  return files.filter((file) => existsSync(file));
}

/**
 * A container's log as one stream of whole lines that grows, across all its files. It holds open what it has not read, so
 * that nothing is lost when the log is begun anew, however slow the reader is.
 */
export class LogChain implements Disposable {
  readonly #path: string;
  /** Oldest first; the first is being read. */
  readonly #files: number[];
  readonly #block = Buffer.allocUnsafe(blockSize);
  #position: number;
  #rest = nothing;
  #reading: Promise<unknown> = Promise.resolve();
  #kept: Disposable | undefined;

  private constructor(path: string, files: number[], position: number) {
    this.#path = path;
    this.#files = files;
    this.#position = position;
  }

  /** From the first line that is kept; undefined for a container that never wrote one. */
  static fromStart(path: string): LogChain | undefined {
    const files = logFiles(path).map((file) => openSync(file, "r"));
    return files.length === 0 ? undefined : new LogChain(path, files, 0);
  }

  /** From now on. The file is made if the container has not been started yet: its monitor will write to the same. */
  static fromNow(path: string): LogChain {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(path, "a+", 0o600);
    return new LogChain(path, [file], fstatSync(file).size);
  }

  /** As fromStart(), but there always is one. */
  static ofAll(path: string): LogChain {
    return LogChain.fromStart(path) ?? LogChain.fromNow(path);
  }

  /** Goes to where the last `count` lines of the wanted streams begin. */
  async seekTail(count: number, wants: (stream: string) => boolean): Promise<void> {
    let counted = 0;
    for (let index = this.#files.length - 1; index >= 0; index -= 1) {
      const seeking = tailOffset(this.#files[index] ?? -1, { count, wants, counted });
      this.#reading = seeking.catch(() => undefined);
      const found = await seeking;
      this.#position = found.offset;
      if (found.counted <= count && index > 0) counted = found.counted;
      else return this.#files.splice(0, index).forEach(closeFile);
    }
  }

  /** The next whole lines; none at the present end. */
  async read(): Promise<Buffer> {
    for (;;) {
      const { bytesRead } = await this.#readBlock();
      if (bytesRead > 0) {
        const lines = this.#take(this.#block.subarray(0, bytesRead));
        if (lines.length > 0) return lines;
      } else if (!this.#goOn()) return nothing;
    }
  }

  /** The log is about to be begun anew: what is in its file now will still be read. */
  hold(): void {
    if (this.#files.length === 0 || this.#isCurrent()) return;
    this.#files.push(openSync(this.#path, "r"));
  }

  /** Disposes of `registration` with itself. */
  keep(registration: Disposable): void {
    this.#kept = registration;
  }

  /** How many files are held: more than a few mean a reader that has fallen far behind. */
  get length(): number {
    return this.#files.length;
  }

  [Symbol.dispose](): void {
    this.#kept?.[Symbol.dispose]();
    const files = this.#files.splice(0);
    // A descriptor is closed when nothing reads from it: its number might be another file's by then.
    void this.#reading.then(() => files.forEach(closeFile));
  }

  #readBlock(): Promise<{ bytesRead: number }> {
    const [file] = this.#files;
    if (file === undefined) return Promise.resolve({ bytesRead: 0 });
    const reading = readAt(file, this.#block, 0, blockSize, this.#position);
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  /** The whole lines among what has been read and not been handed on; a copy, since the block is used again. */
  #take(bytes: Buffer): Buffer {
    this.#position += bytes.length;
    const all = Buffer.concat([this.#rest, bytes]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    this.#rest = all.subarray(end);
    return all.subarray(0, end);
  }

  /** At the end of a file: true when there is more to read, from it or from the next. */
  #goOn(): boolean {
    if (this.#files.length === 0) return false;
    if (this.#files.length === 1) {
      if (this.#isCurrent() || !existsSync(this.#path)) return false;
      // Begun anew. The monitor had closed the old file by then, but may have written to it since we looked.
      this.#files.push(openSync(this.#path, "r"));
      return true;
    }
    closeSync(this.#files.shift() ?? -1);
    this.#position = 0;
    this.#rest = nothing;
    return true;
  }

  /** Whether the last file held is the one that is written to. */
  #isCurrent(): boolean {
    const last = this.#files.at(-1);
    const current = statSync(this.#path, { throwIfNoEntry: false });
    return last !== undefined && current !== undefined && fstatSync(last).ino === current.ino;
  }
}
