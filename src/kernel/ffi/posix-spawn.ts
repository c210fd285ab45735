import koffi from "koffi";
import { kernelError } from "./errno.ts";

const lib = koffi.load("libc.so.6");
const calls = {
  actionsInit: lib.func("int posix_spawn_file_actions_init(void *actions)"),
  actionsDestroy: lib.func("int posix_spawn_file_actions_destroy(void *actions)"),
  addDup2: lib.func("int posix_spawn_file_actions_adddup2(void *actions, int fd, int newFd)"),
  addOpen: lib.func(
    "int posix_spawn_file_actions_addopen(void *actions, int fd, str path, int flags, unsigned int mode)",
  ),
  addChdir: lib.func("int posix_spawn_file_actions_addchdir_np(void *actions, str path)"),
  addCloseFrom: lib.func("int posix_spawn_file_actions_addclosefrom_np(void *actions, int lowest)"),
  attributesInit: lib.func("int posix_spawnattr_init(void *attributes)"),
  attributesDestroy: lib.func("int posix_spawnattr_destroy(void *attributes)"),
  setFlags: lib.func("int posix_spawnattr_setflags(void *attributes, short flags)"),
  setDefaultSignals: lib.func("int posix_spawnattr_setsigdefault(void *attributes, const void *set)"),
  setSignalMask: lib.func("int posix_spawnattr_setsigmask(void *attributes, const void *set)"),
  spawn: lib.func(
    "int posix_spawn(_Out_ int *pid, str path, void *actions, void *attributes, const char **argv, const char **envp)",
  ),
};

/** bits/spawn_ext.h and spawn.h of glibc. */
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;
const O_RDWR = 2;
/** Room for glibc's posix_spawn_file_actions_t (80 bytes) and posix_spawnattr_t (336). */
const actionsBytes = 128;
const attributesBytes = 512;
/** glibc's sigset_t. */
const noSignals = Buffer.alloc(128);
const allSignals = Buffer.alloc(128, 0xff);

export interface SpawnOptions {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What it gets as its descriptors from 0 on: one of ours, or /dev/null. Ours are to be higher than all of its. */
  readonly descriptors: readonly (number | undefined)[];
  readonly directory?: string;
}

/**
 * Runs a program in a session of its own, with signals as a shell leaves them, and returns its pid, posix_spawn(3). The
 * child borrows our memory until it runs the program: unlike after fork(2), which node:child_process uses, no page table is
 * copied. Throws when the program cannot be run.
 */
export function posixSpawn(path: string, { args, environment, descriptors, directory }: SpawnOptions): number {
  const actions = Buffer.alloc(actionsBytes);
  const attributes = Buffer.alloc(attributesBytes);
  using stack = new DisposableStack();
  check(calls.actionsInit(actions));
  stack.defer(() => calls.actionsDestroy(actions));
  check(calls.attributesInit(attributes));
  stack.defer(() => calls.attributesDestroy(attributes));
  check(calls.setFlags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID));
  check(calls.setDefaultSignals(attributes, allSignals));
  check(calls.setSignalMask(attributes, noSignals));
  if (directory !== undefined) check(calls.addChdir(actions, directory));
  for (const [number, ours] of descriptors.entries())
    check(
      ours === undefined
        ? calls.addOpen(actions, number, "/dev/null", O_RDWR, 0)
        : calls.addDup2(actions, ours, number),
    );
  // What the daemon itself was started with.
  check(calls.addCloseFrom(actions, descriptors.length));
  const pid: [number] = [0];
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const errno: number = calls.spawn(pid, path, actions, attributes, [path, ...args, null], [...variables, null]);
  // The one errno may be of the directory as well.
  if (errno !== 0) throw kernelError(directory === undefined ? `run ${path}` : `run ${path} in ${directory}`, errno);
  return pid[0];
}

/** These calls return the errno; out of memory is the only one there is. */
function check(errno: number): void {
  if (errno !== 0) throw kernelError("prepare the start of a program", errno);
}
