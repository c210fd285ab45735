import { mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { invalid } from "../base/errors.ts";

/** Writes our pid to `path`; refuses when the daemon it names still runs. Disposing removes it. */
export function claimPidfile(path: string): Disposable {
  const before = readPid(path);
  if (before !== undefined && before !== process.pid && isDaemon(before)) {
    throw invalid(`--pidfile ${path}`, `process with PID ${before} is still running`);
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${process.pid}\n`, { mode: 0o644 });
  renameSync(draft, path);
  return {
    [Symbol.dispose]() {
      if (readPid(path) === process.pid) rmSync(path, { force: true });
    },
  };
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, "utf8").trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A pid is used again some day: only a process of our own program counts. The store's lock is the last word. */
function isDaemon(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) === readlinkSync("/proc/self/exe");
  } catch {
    return false; // no such process
  }
}
