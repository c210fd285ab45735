import { readFileSync } from "node:fs";
import type { Descriptor, Launch, Launcher, Pipes, Running, Started } from "../../contracts/launcher.ts";
import { posixSpawn } from "../ffi/posix-spawn.ts";
import { adopt, endOf, isAwaited, watchForEnds, withAdoption } from "./children.ts";
import { Plumbing } from "./plumbing.ts";

/** Programs on this machine. */
export const launcher: Launcher = {
  launch<const D extends readonly Descriptor[]>(path: string, args: readonly string[], launch: Launch<D>) {
    using plumbing = new Plumbing(launch.descriptors);
    const pid = spawn(path, args, { launch, plumbing });
    const program = running(pid, endOf(pid));
    return { pipes: plumbing.connect(program.ended) as unknown as Pipes<D>, ...program };
  },
  launchStarter<const D extends readonly Descriptor[]>(
    path: string,
    args: readonly string[],
    { pidFile, ...launch }: Launch<D> & { readonly pidFile: string },
  ) {
    using plumbing = new Plumbing(launch.descriptors);
    const starter = spawn(path, args, { launch, plumbing });
    const started = withAdoption(() => takeOver(starter, pidFile));
    const over = started.then(({ ended }) => ended);
    return { pipes: plumbing.connect(over) as unknown as Pipes<D>, started };
  },
};

function spawn(
  path: string,
  args: readonly string[],
  { launch, plumbing }: { launch: Launch<readonly Descriptor[]>; plumbing: Plumbing },
): number {
  watchForEnds();
  return posixSpawn(path, { ...launch, args, descriptors: plumbing.theirs });
}

const running = (pid: number, ended: Running["ended"]): Running => ({
  ended,
  kill: (signal) => void (isAwaited(pid) && process.kill(pid, signal)),
});

async function takeOver(starter: number, pidFile: string): Promise<Started> {
  const failed = await endOf(starter);
  if (failed.exitCode !== 0) return { failed };
  const pid = Number(readFileSync(pidFile, "utf8"));
  return { pid, ...running(pid, adopt(pid)) };
}
