import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Log } from "../../base/log.ts";
import type { LogLimits } from "../../model/log-config.ts";
import { ifThere } from "../if-there.ts";
import { sendReopenLog } from "../input/control.ts";
import type { ContainerLayout, Layout } from "../layout.ts";
import type { WatchPath } from "../watch-path.ts";
import type { LogChain } from "./log-chain.ts";

/** Between two looks at the size of a log that is being written. */
const lookEveryMs = 20;
/** A reader that is this many files behind has stopped reading: what it holds is disk that nobody gets back. */
const mostHeld = 100;

/**
 * Begins logs anew that have grown too large: the file is renamed, and conmon asked to open another. Its own limit,
 * --log-size-max, would throw the old one away. Readers hold on to what they have not read.
 */
export class LogRotation implements Disposable {
  readonly #layout: Layout;
  readonly #watch: WatchPath;
  readonly #log: Log;
  readonly #watchers = new Map<string, Disposable>();
  readonly #pending = new Map<string, NodeJS.Timeout>();
  readonly #readers = new Map<string, Set<LogChain>>();

  constructor(layout: Layout, watch: WatchPath, log: Log) {
    this.#layout = layout;
    this.#watch = watch;
    this.#log = log;
  }

  /** Writes down a run's limits and keeps them. */
  begin(id: string, limits: LogLimits): void {
    if (limits.maxSize === undefined) return;
    writeFileSync(this.#layout.of(id).logLimits, JSON.stringify(limits));
    this.resume(id);
  }

  /** Goes on after a restart of the daemon; makes up for what was cut short or missed meanwhile. */
  resume(id: string): void {
    const files = this.#layout.of(id);
    const limits = limitsIn(files);
    if (!limits || this.#watchers.has(id)) return;
    if (!sizeOf(files.log)) sendReopenLog(files); // renamed, and no more
    const watcher = this.#watch(files.data, () => this.#lookSoon(id, limits));
    this.#watchers.set(id, watcher);
    this.#lookSoon(id, limits);
  }

  /** The run is over. Readers have open what they still read. */
  end(id: string): void {
    const files = this.#layout.of(id);
    // The last file goes now or with the container: who reads one before it must have it open.
    if (sizeOf(files.log) !== undefined) for (const chain of this.#readers.get(id) ?? []) chain.hold();
    if (limitsIn(files)?.passing) rmSync(files.log, { force: true });
    this.#stop(id);
  }

  #stop(id: string): void {
    this.#watchers.get(id)?.[Symbol.dispose]();
    this.#watchers.delete(id);
    clearTimeout(this.#pending.get(id));
    this.#pending.delete(id);
  }

  /** A reader that holds what is renamed or removed until it is disposed. */
  reads(id: string, chain: LogChain): Disposable {
    const readers = this.#readers.get(id) ?? new Set();
    this.#readers.set(id, readers.add(chain));
    return {
      [Symbol.dispose]: () => {
        readers.delete(chain);
        if (readers.size === 0 && this.#readers.get(id) === readers) this.#readers.delete(id);
      },
    };
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#watchers.keys()]) this.#stop(id);
  }

  #lookSoon(id: string, limits: LogLimits): void {
    if (this.#pending.has(id)) return;
    const timer = setTimeout(() => {
      this.#pending.delete(id);
      this.#look(id, limits);
    }, lookEveryMs);
    this.#pending.set(id, timer.unref());
  }

  #look(id: string, { maxSize = Number.POSITIVE_INFINITY, maxFiles }: LogLimits): void {
    const files = this.#layout.of(id);
    try {
      // No file: conmon has not yet opened the one after the last rename.
      if ((sizeOf(files.log) ?? 0) < maxSize) return;
      for (const chain of this.#readers.get(id) ?? []) if (chain.length < mostHeld) chain.hold();
      shift(files.log, maxFiles);
      sendReopenLog(files);
    } catch (cause) {
      this.#log.error({ err: cause, container: id }, "cannot begin a container's log anew");
    }
  }
}

/** "log" becomes "log.1", "log.1" becomes "log.2" and so on; the oldest goes. */
function shift(log: string, maxFiles: number): void {
  const names = Array.from({ length: maxFiles }, (_, number) => (number === 0 ? log : `${log}.${number}`));
  rmSync(names.at(-1) ?? log, { force: true });
  for (let number = maxFiles - 1; number > 0; number -= 1)
    ifThere(() => renameSync(names[number - 1] ?? log, names[number] ?? log));
}

const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size;

function limitsIn(files: ContainerLayout): LogLimits | undefined {
  const text = ifThere(() => readFileSync(files.logLimits, "utf8"));
  return text === undefined ? undefined : (JSON.parse(text) as LogLimits);
}
