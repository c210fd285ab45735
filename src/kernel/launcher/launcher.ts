import type { Descriptor, Launch, Launcher, Program, ProgramEnd } from "../../contracts/launcher.ts";
import { posixSpawn } from "../ffi/posix-spawn.ts";
import { reap } from "../ffi/wait.ts";
import { Plumbing } from "./plumbing.ts";

/** Programs on this machine. */
export const launcher: Launcher = {
  launch<const D extends readonly Descriptor[]>(path: string, args: readonly string[], launch: Launch<D>) {
    watchForEnds();
    using plumbing = new Plumbing(launch.descriptors);
    const pid = posixSpawn(path, { ...launch, args, descriptors: plumbing.theirs });
    const ended = endOf(pid);
    const kill: Program["kill"] = (signal) => void (running.has(pid) && process.kill(pid, signal));
    return { pipes: plumbing.connect(ended) as unknown as Program<D>["pipes"], ended, kill };
  },
};

/** Children that have not been reaped: as long as one is here, its pid is nobody else's. */
const running = new Map<number, (end: ProgramEnd) => void>();

function endOf(pid: number): Promise<ProgramEnd> {
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>();
  running.set(pid, resolve);
  keepAlive.ref();
  return promise;
}

/** A process that only waits for a signal ends: Node's event loop goes on for a timer, not for a signal's handler. */
const keepAlive = setInterval(() => undefined, 1 << 30).unref();

let isWatching = false;

/** libuv waits for the children that it has started, and leaves ours alone. */
function watchForEnds(): void {
  if (isWatching) return;
  isWatching = true;
  process.on("SIGCHLD", () => {
    // One signal may stand for several ends.
    for (const [pid, resolve] of running) {
      const end = reap(pid);
      if (end === undefined) continue;
      running.delete(pid);
      resolve(end);
    }
    if (running.size === 0) keepAlive.unref();
  });
}
