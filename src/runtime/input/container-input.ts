import { constants, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import type { Writable } from "node:stream";
import { ifThere } from "../if-there.ts";
import type { ContainerLayout } from "../layout.ts";
import type { RuntimeParts } from "../parts.ts";

/** conmon reads packets up to this, and throws away the rest of a longer one: CONN_SOCK_BUF_SIZE of its config.h. */
export const packetLength = 32 * 1024;

const terminal = "terminal";

/**
 * Notes what a container's input is, while its init process waits for its command and surely has it: later the command
 * may have put something else in its place.
 */
export function recordInput(files: ContainerLayout, initPid: number, { tty }: { tty: boolean }): void {
  writeFileSync(files.input, tty ? terminal : readlinkSync(`/proc/${initPid}/fd/0`));
}

/**
 * Runtime.openInput. A pipe is written to directly: conmon holds the writing end, and opening it once more gives one of
 * our own (proc_pid_fd(5)). So conmon, which takes the end of any client for the end of the input, never sees a client:
 * a daemon that is killed ends nothing. A terminal is written to through conmon, which then leaves it open.
 */
export function openInput({ layout, processes, streams }: RuntimeParts, id: string): Writable | undefined {
  const files = layout.of(id);
  const monitor = processes.monitor(id);
  const input = ifThere(() => readFileSync(files.input, "utf8"));
  if (!monitor || input === undefined || !processes.started(id)) return undefined;
  if (input === terminal) return ifThere(() => streams.packetWriter(files.attachSocket, packetLength));
  const end = writingEnd(input, monitor.pid);
  if (end === undefined) return undefined;
  const fd = ifThere(() => openSync(end, constants.O_WRONLY | constants.O_NONBLOCK));
  return fd === undefined ? undefined : new Socket({ fd, readable: false, writable: true });
}

/** Runtime.closeInput: a client of conmon that leaves at once is how its end of the pipe is closed. */
export function closeInput({ layout, processes, streams }: RuntimeParts, id: string): void {
  const files = layout.of(id);
  const monitor = processes.monitor(id);
  const input = ifThere(() => readFileSync(files.input, "utf8"));
  if (!monitor || input === undefined || writingEnd(input, monitor.pid) === undefined) return;
  const visit = ifThere(() => streams.packetWriter(files.attachSocket, packetLength));
  visit?.on("error", () => undefined).end(); // conmon may end as we come
}

/** conmon's end of the pipe; undefined when it has closed it. */
function writingEnd(pipe: string, monitorPid: number): string | undefined {
  const directory = `/proc/${monitorPid}/fd`;
  const descriptors = ifThere(() => readdirSync(directory)) ?? [];
  return descriptors
    .map((descriptor) => `${directory}/${descriptor}`)
    .find((path) => ifThere(() => readlinkSync(path)) === pipe);
}
