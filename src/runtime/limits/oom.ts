import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../base/log.ts";
import type { ContainerLayout, Layout } from "../layout.ts";
import type { WatchPath } from "../watch-path.ts";
import { cgroupOf, folderOf } from "./container-cgroup.ts";
import { numberIn, tableIn } from "./read-file.ts";

/** The file that conmon makes in its working directory, and again in its own folder, when it has heard of a kill. */
const fileName = "oom";
/** How many kills have been told. */
const toldName = "oom-told";

/**
 * Whether the kernel ended a process of the container's last run for want of memory. The kernel's own count is
 * there before conmon has spoken.
 */
export function wasOomKilled(files: ContainerLayout): boolean {
  return existsSync(join(files.persist, fileName)) || killsIn(files) > 0;
}

/**
 * The file of a container's control group that counts kills: memory.oom_control (oom_kill since Linux 4.13) in version 1,
 * memory.events in version 2. Undefined where nothing limits memory.
 */
function counterOf(files: ContainerLayout): string | undefined {
  const folder = folderOf(cgroupOf(files) ?? {}, "memory");
  return ["memory.events", "memory.oom_control"]
    .map((name) => join(folder ?? "", name))
    .find((path) => folder !== undefined && existsSync(path));
}

function killsIn(files: ContainerLayout): number {
  const counter = counterOf(files);
  return counter === undefined ? 0 : (tableIn(counter)["oom_kill"] ?? 0);
}

/** Whether there has been a kill since the last call. */
function takeNews(files: ContainerLayout): boolean {
  const told = join(files.run, toldName);
  const before = numberIn(told) ?? 0;
  // With version 1 the kernel wakes conmon before it counts the kill.
  const heard = isWatched(counterOf(files)) || !takeFile(join(files.run, fileName)) ? before : before + 1;
  const kills = Math.max(heard, killsIn(files));
  if (kills <= before) return false;
  writeFileSync(told, `${kills}`);
  return true;
}

/** conmon makes it anew the next time. */
function takeFile(file: string): boolean {
  const isThere = existsSync(file);
  rmSync(file, { force: true });
  return isThere;
}

/** The counter of version 2 can be watched (cgroup-v2.rst). */
const isWatched = (counter: string | undefined): boolean => counter?.endsWith(".events") ?? false;

/** Tells of processes that are ended for want of memory, as it happens. Never throws: what fails is logged. */
export class OutOfMemory implements Disposable {
  readonly #layout: Layout;
  readonly #watch: WatchPath;
  readonly #log: Log;
  readonly #watchers = new Map<string, Disposable>();
  readonly #listeners = new Set<(containerId: string) => void>();

  constructor(layout: Layout, watch: WatchPath, log: Log) {
    this.#layout = layout;
    this.#watch = watch;
    this.#log = log;
  }

  /**
   * From when its control group is there. With version 2 its counter tells, as conmon would speak at the container's end
   * only; with version 1 conmon's file does.
   */
  follow(id: string): void {
    this.#attempt(id, (files) => {
      const counter = counterOf(files);
      if (this.#watchers.has(id) || counter === undefined) return;
      const speaks = isWatched(counter);
      const watcher = this.#watch(speaks ? counter : files.run, (name = fileName) => {
        if (speaks || name === fileName) this.look(id);
      });
      this.#watchers.set(id, watcher);
    });
    this.look(id);
  }

  forget(id: string): void {
    this.#watchers.get(id)?.[Symbol.dispose]();
    this.#watchers.delete(id);
  }

  listen(onOutOfMemory: (containerId: string) => void): Disposable {
    this.#listeners.add(onOutOfMemory);
    for (const id of this.#watchers.keys()) this.look(id);
    return { [Symbol.dispose]: () => void this.#listeners.delete(onOutOfMemory) };
  }

  /** Tells what there is to tell. With nobody listening yet it stays for whoever will. */
  look(id: string): void {
    if (this.#listeners.size === 0) return;
    this.#attempt(id, (files) => {
      if (takeNews(files)) for (const listener of [...this.#listeners]) listener(id);
    });
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#watchers.keys()]) this.forget(id);
    this.#listeners.clear();
  }

  #attempt(id: string, step: (files: ContainerLayout) => void): void {
    try {
      step(this.#layout.of(id));
    } catch (cause) {
      this.#log.error({ err: cause, container: id }, "cannot watch a container's memory");
    }
  }
}
