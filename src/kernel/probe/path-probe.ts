import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { invalid } from "../../base/errors.ts";
import { ipOf } from "../../base/ip.ts";
import { KernelError } from "../../base/kernel-error.ts";
import type { Path, PathAnswer, ProbePath } from "../../contracts/path-probe.ts";
import type { Question, Reply } from "./probe-worker.ts";

const program = new URL(`./probe-worker${extname(import.meta.url)}`, import.meta.url); // .js beside us when bundled
/** Room for the headers, and the most that an IP packet can be. */
const range = { least: 68, most: 65_535 };

/** The main thread's end of the probing thread, which starts with the first question, in this thread's namespace. */
export class PathProber {
  readonly #waiting = new Map<number, PromiseWithResolvers<PathAnswer>>();
  #worker: Worker | undefined;
  #lastId = 0;

  readonly probe: ProbePath = async (path, signal) => {
    validate(path);
    signal.throwIfAborted();
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<PathAnswer>();
    this.#waiting.set(id, waiting);
    const abort = () => this.#end(id)?.reject(signal.reason); // the thread's answer is then nobody's
    signal.addEventListener("abort", abort, { once: true });
    const worker = this.#start();
    worker.ref();
    worker.postMessage({ id, path } satisfies Question);
    try {
      return await waiting.promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  };

  /** Ends the thread, after the probes under way. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    this.#worker = undefined;
    worker.ref();
    const ended = once(worker, "exit");
    worker.postMessage("close");
    await ended;
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(program, { execArgv: [] }); // flags of the main thread are not for this one
    this.#worker = worker;
    worker.on("message", ({ id, answer, failure }: Reply) => {
      const waiting = this.#end(id);
      if (answer) waiting?.resolve(answer);
      else if (failure) waiting?.reject(new KernelError(failure.operation, failure.errno));
    });
    worker.on("error", (error) => this.#fail(worker, error));
    return worker;
  }

  #end(id: number): PromiseWithResolvers<PathAnswer> | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    return waiting;
  }

  /** The thread died: everybody who waits learns why, the next question starts another. */
  #fail(worker: Worker, error: unknown): void {
    if (this.#worker === worker) this.#worker = undefined;
    const cause = new Error("Cannot probe a path: the probing thread ended", { cause: error });
    for (const { reject } of this.#waiting.values()) reject(cause);
    this.#waiting.clear();
  }
}

function validate({ local, remote, bytes }: Path): void {
  if (ipOf(local).family !== ipOf(remote).family) throw invalid("path", `${local} and ${remote} are not of one family`);
  if (!Number.isInteger(bytes) || bytes < range.least || bytes > range.most)
    throw invalid("path", `${bytes} bytes is no size of a packet: ${range.least} to ${range.most}`);
}
