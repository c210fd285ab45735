import { existsSync, type FSWatcher, rmSync, watch } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../base/log.ts";
import type { ContainerLayout, Layout } from "../layout.ts";
import { cgroupOf, folderOf } from "./container-cgroup.ts";
import { tableIn } from "./read-file.ts";

/** The file that conmon makes in its working directory, and again in its own folder, when the kernel tells it. */
const fileName = "oom";

/**
 * Whether the kernel ended a process of the container's last run for want of memory. conmon's word outlives a reboot;
 * the counter of the control group is there before conmon has spoken: memory.oom_control (oom_kill since Linux 4.13) and
 * memory.events.
 */
export function wasOomKilled(files: ContainerLayout): boolean {
  if (existsSync(join(files.persist, fileName))) return true;
  const folder = folderOf(cgroupOf(files) ?? {}, "memory");
  if (folder === undefined) return false;
  return ["memory.oom_control", "memory.events"].some((name) => (tableIn(join(folder, name))["oom_kill"] ?? 0) > 0);
}

/** Tells of processes that are ended for want of memory, as it happens. */
export class OutOfMemory implements Disposable {
  readonly #layout: Layout;
  readonly #log: Log;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #listeners = new Set<(containerId: string) => void>();

  constructor(layout: Layout, log: Log) {
    this.#layout = layout;
    this.#log = log;
  }

  /** From when its folder is there. */
  follow(id: string): void {
    const { run } = this.#layout.of(id);
    if (this.#watchers.has(id) || !existsSync(run)) return;
    const watcher = watch(run, { persistent: false }, (_event, name) => name === fileName && this.#look(id));
    watcher.on("error", (cause) => this.#log.error({ err: cause, container: id }, "cannot watch a container's memory"));
    this.#watchers.set(id, watcher);
    this.#look(id);
  }

  forget(id: string): void {
    this.#watchers.get(id)?.close();
    this.#watchers.delete(id);
  }

  listen(onOutOfMemory: (containerId: string) => void): Disposable {
    this.#listeners.add(onOutOfMemory);
    for (const id of this.#watchers.keys()) this.#look(id);
    return { [Symbol.dispose]: () => void this.#listeners.delete(onOutOfMemory) };
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#watchers.keys()]) this.forget(id);
    this.#listeners.clear();
  }

  /** The file is taken away, so that it comes anew the next time. With nobody listening yet it stays for whoever will. */
  #look(id: string): void {
    const file = join(this.#layout.of(id).run, fileName);
    if (this.#listeners.size === 0 || !existsSync(file)) return;
    rmSync(file, { force: true });
    for (const listener of [...this.#listeners]) listener(id);
  }
}
