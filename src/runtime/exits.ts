import { type BigIntStats, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Exit } from "../contracts/runtime.ts";
import { type ContainerLayout, type Layout, namesIn } from "./layout.ts";
import { wasOomKilled } from "./limits/oom.ts";
import type { RuntimeParts } from "./parts.ts";

/** Docker's exit code for a container whose end nobody saw. */
const LOST = 255;
/** Between looks at what no notification tells: lost notifications, and containers whose conmon was killed. */
const lookEveryMs = 10_000;

type ExitsParts = Pick<RuntimeParts, "layout" | "processes" | "watch" | "log">;

interface Listener {
  readonly onExit: (exit: Exit) => Promise<void>;
  /** Ends told to it: container to the identity of its exit file. */
  readonly told: Map<string, string>;
}

/** The ends of containers, from the files that conmon writes. A file stays until release(), so none is missed. */
export class Exits implements Disposable {
  readonly #parts: ExitsParts;
  readonly #layout: Layout;
  readonly #listeners = new Set<Listener>();
  /** Containers that are being made or removed: their ends are nobody's news. */
  readonly #silent = new Set<string>();
  /** Who wants to look again when a container may be over, however it came to that. */
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Ends that the disk has no room for; whoever comes after this process finds out again. */
  readonly #unwritten = new Map<string, Exit>();
  /** What has failed for them is in the log already. */
  readonly #failed = new Set<string>();
  #watched: { readonly folder: string; readonly watcher: Disposable } | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(parts: ExitsParts) {
    this.#parts = parts;
    this.#layout = parts.layout;
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref();
    this.#look();
  }

  /** How the last run of a container ended; undefined while it runs and after release(). */
  exitOf(containerId: string): Exit | undefined {
    const { exitFile } = this.#layout.of(containerId);
    const ended = entryOf(exitFile);
    if (!ended) return this.#unwritten.get(containerId);
    return this.#exit(containerId, Number(readFileSync(exitFile, "utf8")), ended.mtime);
  }

  #exit(containerId: string, exitCode: number, at: Date): Exit {
    const oomKilled = wasOomKilled(this.#layout.of(containerId)) ? { oomKilled: true } : {};
    return { containerId, exitCode, at: at.toISOString(), ...oomKilled };
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
    this.#unwritten.delete(id);
    this.#failed.delete(id);
    this.#wake(id);
  }

  /** The container is gone for good. */
  forget(id: string): void {
    this.#silent.delete(id);
    for (const { told } of this.#listeners) told.delete(id);
  }

  [Symbol.dispose](): void {
    this.#watched?.watcher[Symbol.dispose]();
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  #look(): void {
    this.#attempt(this.#layout.exits, () => this.#watchFolder());
    this.#attempt(this.#layout.execRoot, () => {
      for (const id of namesIn(join(this.#layout.execRoot, "containers")))
        this.#attempt(id, () => this.#recordLost(id));
    });
    this.#noticeAll();
  }

  /** Whatever fails for one container is logged once, and tried again; all others' ends are told. */
  #attempt(id: string, step: () => void): void {
    try {
      step();
    } catch (cause) {
      this.#fail(id, cause, "cannot tell whether a container has ended");
    }
  }

  #fail(id: string, cause: unknown, message: string): void {
    if (!this.#failed.has(id)) this.#parts.log.error({ err: cause, container: id }, message);
    this.#failed.add(id);
  }

  /** Makes the folder anew when somebody has removed it: conmon writes into the one that it finds. */
  #watchFolder(): void {
    const { exits } = this.#layout;
    mkdirSync(exits, { recursive: true });
    const { dev, ino } = statSync(exits, { bigint: true });
    const folder = `${dev}/${ino}`;
    if (this.#watched?.folder === folder) return;
    this.#unwatchFolder();
    this.#watched = { folder, watcher: this.#parts.watch(exits, (name) => this.#hear(name)) };
  }

  #unwatchFolder(): void {
    this.#watched?.watcher[Symbol.dispose]();
    this.#watched = undefined;
  }

  #hear(name: string | undefined): void {
    if (name === undefined) this.#noticeAll();
    else if (name !== basename(this.#layout.exits)) this.#notice(name);
    else {
      // The folder itself: it was removed or moved, and another may get its inode.
      this.#unwatchFolder();
      this.#look();
    }
  }

  #noticeAll(): void {
    for (const id of this.#unwritten.keys()) this.#notice(id);
    this.#attempt(this.#layout.exits, () => {
      for (const id of namesIn(this.#layout.exits)) this.#notice(id);
    });
  }

  #notice(id: string): void {
    if (id.includes(".")) return; // conmon writes to "ID.random" and renames
    this.#wake(id);
    if (!this.#silent.has(id)) this.#attempt(id, () => this.#tell(id));
  }

  #wake(id: string): void {
    for (const onOver of this.#waiting.get(id) ?? []) onOver();
  }

  #tell(id: string): void {
    const entry = entryOf(this.#layout.of(id).exitFile);
    const exit = this.exitOf(id);
    if (!exit) return;
    const identity = entry ? `${entry.ino}/${entry.mtimeNs}` : exit.at;
    for (const { onExit, told } of [...this.#listeners]) {
      if (told.get(id) === identity) continue;
      told.set(id, identity);
      onExit(exit).catch(() => told.delete(id)); // told again at the next look
    }
  }

  /** Writes what a killed conmon could not: that its container has ended. */
  #recordLost(id: string): void {
    const files = this.#layout.of(id);
    const { processes, log } = this.#parts;
    if (this.#silent.has(id) || this.#unwritten.has(id) || !wasCreated(files) || processes.init(id)) return;
    // In this order: a conmon that is gone has written its file, if it ever will.
    if (processes.monitor(id) || entryOf(files.exitFile)) return;
    log.warn({ container: id }, "container ended without its monitor");
    const code = lostCode(files);
    try {
      writeExit(this.#layout, files, code);
    } catch (cause) {
      this.#unwritten.set(id, this.#exit(id, Number(code), new Date()));
      this.#fail(id, cause, "cannot write down how a container ended");
    }
  }
}

const wasCreated = (files: ContainerLayout): boolean => entryOf(files.initPidFile) !== undefined;

/**
 * conmon writes the exit code into its own directory first. By that file a container has not ended yet: who follows its output
 * would know sooner than those who are told, and find it running.
 */
function lostCode(files: ContainerLayout): string {
  const own = join(files.persist, "exit");
  return entryOf(own) ? readFileSync(own, "utf8") : String(LOST);
}

function writeExit(layout: Layout, files: ContainerLayout, code: string): void {
  const unfinished = join(layout.exits, ".lost");
  writeFileSync(unfinished, code);
  renameSync(unfinished, files.exitFile);
}

const entryOf = (path: string): BigIntStats | undefined => statSync(path, { bigint: true, throwIfNoEntry: false });
