import { existsSync, type FSWatcher, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../base/log.ts";
import type { ContainerLayout, Layout } from "../layout.ts";
import { cgroupOf, folderOf } from "./container-cgroup.ts";
import { numberIn, tableIn } from "./read-file.ts";

/**
 * The file that conmon makes in its working directory, and again in its own folder: with control groups of version 1 when
 * the kernel tells it, with version 2 at the container's end.
 */
const fileName = "oom";
/** Of version 2: how many kills have been told. */
const toldName = "oom-told";

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

  /** From when its control group is there. */
  follow(id: string): void {
    const files = this.#layout.of(id);
    if (this.#watchers.has(id) || !existsSync(files.run)) return;
    const place = eventsOf(files) ?? files.run;
    const watcher = watch(place, { persistent: false }, (_event, name) => name !== toldName && this.look(id));
    watcher.on("error", (cause) => this.#log.error({ err: cause, container: id }, "cannot watch a container's memory"));
    this.#watchers.set(id, watcher);
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
    if (this.#listeners.size > 0 && takeNews(this.#layout.of(id)))
      for (const listener of [...this.#listeners]) listener(id);
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#watchers.keys()]) this.forget(id);
    this.#listeners.clear();
  }
}

/** memory.events of a container, which only version 2 has; it can be watched (cgroup-v2.rst). */
function eventsOf(files: ContainerLayout): string | undefined {
  const cgroup = cgroupOf(files) ?? {};
  return "memory" in cgroup || cgroup[""] === undefined ? undefined : join(cgroup[""], "memory.events");
}

/** Whether there has been a kill since the last call. */
function takeNews(files: ContainerLayout): boolean {
  const events = eventsOf(files);
  return events === undefined ? takeFile(join(files.run, fileName)) : countKills(events, join(files.run, toldName));
}

/** conmon makes it anew the next time. */
function takeFile(file: string): boolean {
  const isThere = existsSync(file);
  rmSync(file, { force: true });
  return isThere;
}

function countKills(events: string, told: string): boolean {
  const kills = tableIn(events)["oom_kill"] ?? 0;
  if (kills <= (numberIn(told) ?? 0)) return false;
  writeFileSync(told, `${kills}`);
  return true;
}
