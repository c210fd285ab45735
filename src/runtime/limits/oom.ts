import { existsSync, type FSWatcher, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../base/log.ts";
import type { ContainerLayout, Layout } from "../layout.ts";
import { cgroupOf, folderOf } from "./container-cgroup.ts";
import { numberIn, tableIn } from "./read-file.ts";

/** The file that conmon makes in its working directory, and again in its own folder, when it has heard of a kill. */
const fileName = "oom";
/** How many kills have been told. */
const toldName = "oom-told";

/**
 * Whether the kernel ended a process of the container's last run for want of memory. conmon's word outlives a reboot;
 * the kernel's own count is there before conmon has spoken.
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

/** Tells of processes that are ended for want of memory, as it happens. Never throws: what fails is logged. */
export class OutOfMemory implements Disposable {
  readonly #layout: Layout;
  readonly #log: Log;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #listeners = new Set<(containerId: string) => void>();

  constructor(layout: Layout, log: Log) {
    this.#layout = layout;
    this.#log = log;
  }

  /**
   * From when its control group is there. The counter of version 2 can be watched (cgroup-v2.rst), and conmon would speak
   * at the container's end only; that of version 1 cannot, and conmon's file says when to look.
   */
  follow(id: string): void {
    this.#attempt(id, (files) => {
      const counter = counterOf(files);
      if (this.#watchers.has(id) || counter === undefined) return;
      const speaks = counter.endsWith(".events");
      const watcher = watch(speaks ? counter : files.run, { persistent: false }, (_event, name) => {
        if (speaks || name === fileName) this.look(id);
      });
      watcher.on("error", (cause) => this.#failed(id, cause));
      this.#watchers.set(id, watcher);
    });
    this.look(id);
  }

  forget(id: string): void {
    this.#watchers.get(id)?.close();
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
      const [kills, told] = [killsIn(files), join(files.run, toldName)];
      if (kills <= (numberIn(told) ?? 0)) return;
      writeFileSync(told, `${kills}`);
      for (const listener of [...this.#listeners]) listener(id);
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
      this.#failed(id, cause);
    }
  }

  #failed(id: string, cause: unknown): void {
    this.#log.error({ err: cause, container: id }, "cannot watch a container's memory");
  }
}
