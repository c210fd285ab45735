import type { Writable } from "node:stream";
import type { Container, ContainerConfig, Mount, Rootfs } from "../model/container.ts";
import type { LimitedRuntime } from "./limits.ts";

/** What the runtime needs beyond the container's own config. */
export interface RunPlan {
  readonly container: Container;
  /** The namespace to join; undefined: the host's own (host mode). */
  readonly netnsPath?: string;
  /** Files bind-mounted over /etc/resolv.conf, /etc/hosts, /etc/hostname. */
  readonly files: { readonly resolvConf: string; readonly hosts: string; readonly hostname: string };
  /** Variables of its environment that come from links; what the user set wins. */
  readonly linkEnv?: readonly string[];
  /** Where the volumes of its mounts are on the host, by name. */
  readonly volumes?: Readonly<Record<string, string>>;
}

export interface Exit {
  readonly containerId: string;
  readonly exitCode: number;
  /** RFC 3339. */
  readonly at: string;
  /** The kernel ended a process of it for want of memory. */
  readonly oomKilled?: boolean;
}

export interface LogEntry {
  readonly stream: "stdout" | "stderr";
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  /** Bytes with the newline, if the line had one. */
  readonly bytes: Uint8Array;
}

/** What a container wrote, as it came. */
export interface OutputChunk {
  readonly stream: "stdout" | "stderr";
  readonly bytes: Uint8Array;
}

export interface OutputWanted {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** False: to the present end only. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** A place in a container's output. Nothing is lost between the place and the reader, and nobody waits for the reader. */
export interface OutputTap extends Disposable {
  /**
   * Everything from the place on, in order, to the end of the run that goes on: called when there is one. Again it goes
   * on where it was.
   */
  follow(wanted: OutputWanted): AsyncIterable<readonly OutputChunk[]>;
}

export interface LogQuery {
  readonly follow: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Lines from the end; undefined: all. */
  readonly tail?: number;
  /** Seconds since the epoch, may have a fraction. */
  readonly since?: number;
  readonly until?: number;
  readonly signal?: AbortSignal;
}

/** In characters. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

export interface ExecSpec {
  readonly args: readonly string[];
  readonly env: readonly string[];
  /** What the image and the user set in the container: it goes over what a process has by default. */
  readonly containerEnv?: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly tty: boolean;
  readonly attachStdin: boolean;
  /** Whether the client that starts it hears it; it runs the same without. */
  readonly attachStdout?: boolean;
  readonly attachStderr?: boolean;
  readonly privileged: boolean;
  /** Of the terminal, before the program runs. */
  readonly size?: TerminalSize;
  /** Typed by a client that wants to leave it, as "ctrl-p,ctrl-q"; absent: the default. */
  readonly detachKeys?: string;
}

/** A process run inside a container; its streams and its exit code live as long as the daemon. */
export interface ExecSession {
  readonly pid: number;
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
  readonly exited: Promise<number>;
  /** Of the terminal, in characters; ignored without one. */
  resize(rows: number, columns: number): void;
  /** Sends a signal to the process; nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
}

/** A program that containers are run with. */
export interface ProgramVersion {
  /** "runc", "conmon", "init". */
  readonly name: string;
  readonly version: string;
  /** As exact as the program says it. */
  readonly commit: string;
}

/** Directories of an overlay, which need not be mounted nor there now. */
export interface RootOverlay {
  /** The topmost first. */
  readonly lower: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly merged: string;
}

/** Containers as processes: runc makes them, conmon watches them and outlives the daemon. */
export interface Runtime extends LimitedRuntime {
  /** Makes the root (image, directory or overlay), the OCI bundle and the init process, not started yet. Returns its pid. */
  create(plan: RunPlan): Promise<{ pid: number }>;
  /** Runs the container's command. */
  start(containerId: string): Promise<void>;
  /** Sends a signal ("SIGTERM" or "15"). Throws CONTAINER_NOT_RUNNING when there is no process. */
  kill(containerId: string, signal: string): Promise<void>;
  /** Freezes all processes of a container that runs; they hear of signals when they are thawed. */
  pause(containerId: string): Promise<void>;
  unpause(containerId: string): Promise<void>;
  /** Whether its processes are frozen now. */
  isPaused(containerId: string): boolean;
  /**
   * Removes what create() made except the writable layer and the log. Idempotent. `keepExit`: exitOf() goes on telling
   * until the next release.
   */
  release(containerId: string, options?: { readonly keepExit: boolean }): Promise<void>;
  /** Removes everything of the container, writable layer and log too. Idempotent. */
  remove(containerId: string): Promise<void>;
  /** Throws USER_NOT_FOUND for a user or group that a container, which runs, does not know: "", "user", "user:group". */
  checkUser(containerId: string, user: string): void;
  exec(containerId: string, spec: ExecSpec): Promise<ExecSession>;
  /** In batches, as they are read. */
  logs(containerId: string, query: LogQuery): AsyncIterable<readonly LogEntry[]>;
  /** The place at which the container's output is now, or began (`past`). The container need not have been started yet. */
  tap(containerId: string, where: { past: boolean }): OutputTap;
  /**
   * A way to the standard input of a container that runs; undefined when it has none (any more). Ending it leaves the
   * input open. What is written to a container that ends goes nowhere: the stream is then destroyed, with an error.
   * Fails with errno EAGAIN, as closeInput() does, while too many others open theirs.
   */
  openInput(containerId: string): Writable | undefined;
  /** Ends the standard input: the container reads what it was sent, then the end. A terminal has no end. Idempotent. */
  closeInput(containerId: string): void;
  /** Sets the size of the container's terminal, in characters; ignored without one. Throws CONTAINER_NOT_RUNNING. */
  resize(containerId: string, rows: number, columns: number): void;
  /** Containers whose command runs now, from the runtime's own records: id to pid. Created ones are not among them. */
  running(): Promise<Map<string, number>>;
  /** How the container's last run ended; undefined while it runs and after release(). 255: nobody saw it. */
  exitOf(containerId: string): Exit | undefined;
  /**
   * Calls `onExit` once for each container that ends, and soon for those that ended before and are not released. An end
   * that it rejects it is told again, within seconds, until the container is released.
   */
  watch(onExit: (exit: Exit) => Promise<void>): Disposable;
  /** Calls `onOutOfMemory` when the kernel has ended a process of a container for want of memory. */
  watchMemory(onOutOfMemory: (containerId: string) => void): Disposable;
  /** The overlay that is a container's root; undefined when it is a directory as it is. */
  overlayOf(container: Pick<Container, "id" | "config">): RootOverlay | undefined;
  /** Fails with the reason when a root cannot be had (image gone, directory missing). */
  checkRootfs(rootfs: Rootfs): void;
  /** Fails when the source of a bind does not exist and is not to be made. */
  checkMounts(mounts: readonly Mount[]): void;
  /** Those of a new container with what has to be said of binds of the daemon's own directory; throws MOUNT_REFUSED. */
  ownMounts(mounts: readonly Mount[]): Mount[];
  /** Fails for a seccomp profile, a device or an init process that cannot be had on this host. */
  checkConfinement(config: ContainerConfig): void;
  /** What it works with on this host; an init process only where there is one. */
  programs(): Promise<readonly ProgramVersion[]>;
  /** Ids of all containers it has anything of on disk, to find orphans. */
  leftovers(): string[];
}
