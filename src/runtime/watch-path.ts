import { type FSWatcher, statSync, watch } from "node:fs";
import type { Log } from "../base/log.ts";

/** Tells of each change, at a directory with the name of what has changed in it; without one anything may have. */
export type WatchPath = (path: string, onChange: (name?: string) => void) => Disposable;

/** inotify(7) where all instances or watches of the user are taken, or all descriptors of the host. */
const isExhausted = ({ code = "" }: NodeJS.ErrnoException): boolean => ["EMFILE", "ENFILE", "ENOSPC"].includes(code);
/** Between two looks at what cannot be watched: about as long as a person does not notice. */
const pollMs = 200;
const remedy =
  "no file watches are left on this host: looking at files every 0.2 s instead; raise the sysctls " +
  "fs.inotify.max_user_watches and fs.inotify.max_user_instances, and start the daemon again";

/**
 * Watches paths, and looks at them by the clock where the host has no watches left: others, such as kubelet or an editor,
 * may have taken them all. Throws when the path is not there.
 */
export function watchOrPoll(log: Log): WatchPath {
  let hasWarned = false;
  const onFailure = (cause: NodeJS.ErrnoException, path: string): void => {
    if (!isExhausted(cause)) log.error({ err: cause, path }, "cannot watch a path; looking at it every 0.2 s");
    else if (!hasWarned) log.warn({ err: cause, path }, remedy);
    hasWarned ||= isExhausted(cause);
  };
  return (path, onChange) => new WatchedPath(path, onChange, (cause) => onFailure(cause, path));
}

class WatchedPath implements Disposable {
  readonly #onChange: (name?: string) => void;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, onChange: (name?: string) => void, onFailure: (cause: NodeJS.ErrnoException) => void) {
    this.#onChange = onChange;
    try {
      this.#watcher = watch(path, { persistent: false }, (_event, name) => onChange(name ?? undefined));
    } catch (error) {
      const cause = error as NodeJS.ErrnoException;
      if (!isExhausted(cause)) throw cause;
      statSync(path); // the kernel has not looked for it if there was no instance
      onFailure(cause);
      this.#poll();
    }
    this.#watcher?.on("error", (cause) => {
      onFailure(cause);
      this.#poll();
    });
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    clearInterval(this.#timer);
  }

  #poll(): void {
    this.#timer ??= setInterval(() => this.#onChange(), pollMs).unref();
  }
}
