import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Counted, Work } from "./worker.ts";

/** Many hosts share a heap: without room for what is young, the collector goes through all of them again and again. */
const young = ["--max-semi-space-size=64"];

/** Processes that agents are shared out among. */
export class Workers implements AsyncDisposable {
  readonly #children: readonly ChildProcess[];

  constructor(count: number) {
    const options = {
      execArgv: [...process.execArgv, ...young],
      stdio: ["ignore", "inherit", "inherit", "ipc"] as never,
    };
    this.#children = Array.from({ length: count }, () => fork(join(import.meta.dirname, "worker.ts"), options));
  }

  /** The same of each; `work` gets the number of the process. Fails when one of them ends. */
  async ask<T = Counted>(work: (index: number) => Work): Promise<T[]> {
    return Promise.all(this.#children.map((child, index) => answerOf<T>(child, work(index))));
  }

  /** Ends them with all their agents, whose leases run out. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        const ended = once(child, "exit");
        child.disconnect();
        await ended;
      }),
    );
  }
}

async function answerOf<T>(child: ChildProcess, work: Work): Promise<T> {
  const ended = new AbortController();
  const { signal } = ended;
  const fail = once(child, "exit", { signal }).then(() => {
    throw new Error(`a process of agents ended during "${work.do}"`);
  });
  fail.catch(() => {}); // when it is answered first
  const answer = once(child, "message", { signal }) as Promise<[T]>;
  answer.catch(() => {}); // when it has ended
  child.send(work);
  try {
    const [found] = await Promise.race([answer, fail]);
    return found;
  } finally {
    ended.abort();
  }
}
