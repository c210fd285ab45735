import { dirname } from "node:path";
import { ifThere } from "../if-there.ts";
import type { WatchPath } from "../watch-path.ts";
import type { LogChain } from "./log-chain.ts";

/** Whose log it is. */
export interface LogSource {
  readonly path: string;
  readonly watch: WatchPath;
  /** Whether nobody will write to it again. */
  isOver(): boolean;
  /** Tells when it may be over. */
  listen(onOver: () => void): Disposable;
}

export interface Following {
  readonly follow: boolean;
  /** Seconds since the epoch. */
  readonly until?: number;
  readonly signal?: AbortSignal;
}

/**
 * The log in blocks of whole lines, read only as fast as they are taken. An empty block: that is all for now; a follower then
 * waits for more, until the run is over.
 */
export async function* followLines(
  chain: LogChain,
  source: LogSource,
  following: Following,
): AsyncGenerator<Buffer, void, void> {
  using wakeUp = new WakeUp(source, following);
  for (;;) {
    // Asked before reading: conmon writes the last line before it says that the container has ended.
    const isLast = !following.follow || source.isOver();
    for (let lines = await chain.read(); lines.length > 0; lines = await chain.read()) {
      if (following.signal?.aborted) return;
      yield lines;
    }
    yield Buffer.alloc(0);
    if (isLast || wakeUp.isOver) return;
    await wakeUp.next();
  }
}

/** Waits for anything that may give a follower something to do. What happens between two waits is not lost. */
class WakeUp implements Disposable {
  /** True when the time asked for has passed, or the reader has gone. */
  isOver = false;
  readonly #resources = new DisposableStack();
  #happened = Promise.withResolvers<void>();

  constructor(source: LogSource, { follow, signal, until }: Following) {
    if (!follow) return;
    const happen = (): void => this.#happened.resolve();
    const finish = (): void => {
      this.isOver = true;
      happen();
    };
    // The directory, since the log may be begun anew in another file.
    const watcher = ifThere(() => source.watch(dirname(source.path), happen));
    if (watcher) this.#resources.use(watcher);
    else finish(); // the container has been removed: what its reader holds open is all there will be
    this.#resources.use(source.listen(happen));
    signal?.addEventListener("abort", finish);
    this.#resources.defer(() => signal?.removeEventListener("abort", finish));
    if (signal?.aborted) finish();
    if (until !== undefined) this.#finishAt(until * 1000, finish);
  }

  async next(): Promise<void> {
    await this.#happened.promise;
    this.#happened = Promise.withResolvers();
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }

  #finishAt(timeMs: number, finish: () => void): void {
    const longest = 2 ** 31 - 1; // of a timer; who asks for weeks may ask again
    const timer = setTimeout(finish, Math.min(Math.max(0, timeMs - Date.now()), longest)).unref();
    this.#resources.defer(() => clearTimeout(timer));
  }
}
