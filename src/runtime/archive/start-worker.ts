import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { programEnvironment } from "../run-program.ts";
import type { ArchiveAnswer, ArchiveRequest } from "./protocol.ts";

/** A process that works on a container's files. */
export interface ArchiveWorker {
  readonly child: ChildProcess;
  /** Its answers; an error when it ends without the next one. */
  next(): Promise<ArchiveAnswer>;
  /** Its exit code, once its output is read and it is gone; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** What it said on standard error. */
  said(): string;
}

export interface WorkerProgram {
  /** Path of unshare(1). */
  readonly unshare: string;
  /** The TypeScript file that runs in it. */
  readonly file: string;
}

/** Node's compiled code is kept where the daemon's is: that halves the start. */
function environment(): Record<string, string> {
  const cache = process.env["NODE_COMPILE_CACHE"];
  return { ...programEnvironment(), ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) };
}

/**
 * Starts the worker in a mount namespace of its own, private: what it mounts reaches nobody, and goes with it. It ends
 * when its request is done, when its output has no reader any more, and with the daemon, whose end of the pipes closes.
 */
export function startWorker({ unshare, file }: WorkerProgram, request: ArchiveRequest): ArchiveWorker {
  const command = ["--mount", "--propagation", "private", "--", process.execPath, file];
  const child = spawn(unshare, command, { stdio: ["pipe", "pipe", "pipe", "pipe"], env: environment() });
  const ended = Promise.withResolvers<number | null>();
  child.once("error", ended.reject);
  child.once("close", ended.resolve);
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (more: string) => {
    if (text.length < 4096) text += more;
  });
  // A worker that is gone does not read its input; that it is gone is told elsewhere.
  child.stdin?.on("error", () => undefined);
  const control = child.stdio[3] as Duplex;
  control.on("error", () => undefined);
  control.write(`${JSON.stringify(request)}\n`);
  const lines = createInterface({ input: control })[Symbol.asyncIterator]();
  return {
    child,
    ended: ended.promise,
    said: () => text.trim(),
    async next() {
      const { done, value } = await lines.next();
      if (!done) return JSON.parse(value) as ArchiveAnswer;
      await ended.promise;
      throw new Error(`Cannot reach the container's files: ${text.trim() || "the worker ended"}`);
    },
  };
}
