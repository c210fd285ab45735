import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { KernelError } from "../../base/kernel-error.ts";
import type { RemovalFailure, RemovalReply, RemovalTask } from "./tasks.ts";

const program = new URL(`./deletion-worker${extname(import.meta.url)}`, import.meta.url); // .js beside us when bundled

/** The main thread's end of the deletion thread; started with the first removal, kept until close(). */
export class DeletionThread {
  readonly #directory: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Resolves when all is gone; rejects with a KernelError, or an AggregateError of several. */
  remove(what: Partial<Omit<RemovalTask, "id">>): Promise<void> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<void>();
    this.#waiting.set(id, waiting);
    const worker = this.#start();
    worker.ref(); // the process stays until it is done
    worker.postMessage({ id, objects: [], links: [], pins: [], flows: [], ...what } satisfies RemovalTask);
    return waiting.promise;
  }

  /** Finishes what was asked for and ends the thread. */
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
    const worker = new Worker(program, {
      workerData: { directory: this.#directory },
      execArgv: [], // flags of the main thread (--input-type, --test) are not for this one
    });
    this.#worker = worker;
    worker.on("message", (reply: RemovalReply) => this.#settle(worker, reply));
    worker.on("error", (error) => this.#fail(worker, error));
    return worker;
  }

  #settle(worker: Worker, { id, failures }: RemovalReply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) worker.unref();
    const errors = failures.map(revive);
    if (errors.length === 0) waiting?.resolve();
    else waiting?.reject(errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map(String).join("; ")));
  }

  /** The thread died: everybody who waits learns why, the next removal starts another. */
  #fail(worker: Worker, error: unknown): void {
    if (this.#worker === worker) this.#worker = undefined;
    const cause = new Error("Cannot remove kernel objects: the deletion thread ended", { cause: error });
    for (const { reject } of this.#waiting.values()) reject(cause);
    this.#waiting.clear();
  }
}

const revive = ({ operation, errno, kernelText }: RemovalFailure) => new KernelError(operation, errno, kernelText);
