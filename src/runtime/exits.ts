import {
  type BigIntStats,
  type FSWatcher,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Log } from "../base/log.ts";
import type { Exit } from "../contracts/runtime.ts";
import { type ContainerLayout, type Layout, namesIn } from "./layout.ts";
import { wasOomKilled } from "./limits/oom.ts";
import type { Processes } from "./processes.ts";

/** Docker's exit code for a container whose end nobody saw. */
const LOST = 255;
/** Between looks at what no notification tells: lost notifications, and containers whose conmon was killed. */
const lookEveryMs = 10_000;

interface Listener {
  readonly onExit: (exit: Exit) => Promise<void>;
  /** Ends told to it: container to the identity of its exit file. */
  readonly told: Map<string, string>;
}

/** The ends of containers, from the files that conmon writes. A file stays until release(), so none is missed. */
export class Exits implements Disposable {
  readonly #layout: Layout;
  readonly #processes: Processes;
  readonly #log: Log;
  readonly #listeners = new Set<Listener>();
  /** Containers that are being made or removed: their ends are nobody's news. */
  readonly #silent = new Set<string>();
  /** Who wants to look again when a container may be over, however it came to that. */
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #watcher: FSWatcher;
  readonly #timer: NodeJS.Timeout;

  constructor(layout: Layout, processes: Processes, log: Log) {
    this.#layout = layout;
    this.#processes = processes;
    this.#log = log;
    mkdirSync(layout.exits, { recursive: true });
    this.#watcher = watch(layout.exits, { persistent: false }, (_event, name) => name && this.#notice(name));
    this.#watcher.on("error", (cause) =>
      log.error({ err: cause }, "cannot watch for ends of containers; looking for them"),
    );
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref();
    this.#recordLost();
  }

  /** How the last run of a container ended; undefined while it runs and after release(). */
  exitOf(containerId: string): Exit | undefined {
    const files = this.#layout.of(containerId);
    const ended = entryOf(files.exitFile);
    if (!ended) return undefined;
    const oomKilled = wasOomKilled(files) ? { oomKilled: true } : {};
    const exitCode = Number(readFileSync(files.exitFile, "utf8"));
    return { containerId, exitCode, at: ended.mtime.toISOString(), ...oomKilled };
  }

  /** Tells each end once, or until it is taken: those from now on, and at once those not yet released. */
  listen(onExit: (exit: Exit) => Promise<void>): Disposable {
    const listener: Listener = { onExit, told: new Map() };
    this.#listeners.add(listener);
    queueMicrotask(() => this.#look());
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** While a container is made or removed nobody hears of its end. */
  silence(id: string): void {
    this.#silent.add(id);
  }

  heed(id: string): void {
    this.#silent.delete(id);
    this.#notice(id);
  }

  /** Calls `onOver` whenever a run of the container may be over, also when its end is nobody's news. */
  whenOver(id: string, onOver: () => void): Disposable {
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(onOver));
    return {
      [Symbol.dispose]: () => {
        waiting.delete(onOver);
        if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
      },
    };
  }

  /** A run of the container is over. */
  released(id: string): void {
    for (const onOver of this.#waiting.get(id) ?? []) onOver();
  }

  /** The container is gone for good. */
  forget(id: string): void {
    this.#silent.delete(id);
    for (const { told } of this.#listeners) told.delete(id);
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  #look(): void {
    this.#recordLost();
    for (const id of namesIn(this.#layout.exits)) this.#notice(id);
  }

  #notice(id: string): void {
    if (id.includes(".")) return; // conmon writes to "ID.random" and renames
    this.released(id);
    if (this.#silent.has(id)) return;
    const entry = entryOf(this.#layout.of(id).exitFile);
    const exit = entry && this.exitOf(id);
    if (!entry || !exit) return;
    const identity = `${entry.ino}/${entry.mtimeNs}`;
    for (const { onExit, told } of [...this.#listeners]) {
      if (told.get(id) === identity) continue;
      told.set(id, identity);
      onExit(exit).catch(() => told.delete(id)); // told again at the next look
    }
  }

  /** Writes what a killed conmon could not: that its container has ended. */
  #recordLost(): void {
    for (const id of namesIn(join(this.#layout.execRoot, "containers"))) {
      const files = this.#layout.of(id);
      if (this.#silent.has(id) || !wasCreated(files) || this.#processes.init(id)) continue;
      // In this order: a conmon that is gone has written its file, if it ever will.
      if (this.#processes.monitor(id) || entryOf(files.exitFile)) continue;
      this.#log.warn({ container: id }, "container ended without its monitor");
      recordExit(this.#layout, files);
    }
  }
}

const wasCreated = (files: ContainerLayout): boolean => entryOf(files.initPidFile) !== undefined;

/**
 * conmon writes the exit code into its own directory first. By that file a container has not ended yet: who follows its output
 * would know sooner than those who are told, and find it running.
 */
function recordExit(layout: Layout, files: ContainerLayout): void {
  const own = join(files.persist, "exit");
  const unfinished = join(layout.exits, ".lost");
  writeFileSync(unfinished, entryOf(own) ? readFileSync(own) : String(LOST));
  renameSync(unfinished, files.exitFile);
}

const entryOf = (path: string): BigIntStats | undefined => statSync(path, { bigint: true, throwIfNoEntry: false });
