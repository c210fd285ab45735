import type { Readable, Writable } from "node:stream";

/** What a program finds on a descriptor: nothing (/dev/null), a pipe from which it reads what we write, or one it writes to. */
export type Descriptor = "none" | "from us" | "to us";

export interface Launch<D extends readonly Descriptor[]> {
  readonly environment: Readonly<Record<string, string>>;
  /** Its descriptors from 0 on; it gets no others. */
  readonly descriptors: D;
  /** Where it runs; the daemon's own working directory without. */
  readonly directory?: string;
}

/** How a program ended: its exit code, or the number of the signal that killed it, signal(7). */
export type ProgramEnd =
  | { readonly exitCode: number; readonly signal?: never }
  | { readonly exitCode?: never; readonly signal: number };

/** Our ends of a program's pipes, at the numbers they have there. What it wrote can be read after its end, too. */
export type Pipes<D extends readonly Descriptor[]> = { readonly [K in keyof D]: Pipe<D[K]> };

/** A program that runs as our child. */
export interface Running {
  readonly ended: Promise<ProgramEnd>;
  /** Sends it a signal, unless it has ended. */
  kill(signal: NodeJS.Signals): void;
}

export interface Program<D extends readonly Descriptor[] = readonly Descriptor[]> extends Running {
  readonly pipes: Pipes<D>;
}

/** What a starter was to start, which has become our child; or how the starter has failed. */
export type Started =
  | (Running & { readonly pid: number; readonly failed?: never })
  | { readonly pid?: never; readonly ended?: never; readonly failed: ProgramEnd };

/** A program that is started by another one, which gives it its own descriptors. */
export interface Starting<D extends readonly Descriptor[] = readonly Descriptor[]> {
  readonly pipes: Pipes<D>;
  /** Rejects when a starter that has succeeded has started nothing that is our child. */
  readonly started: Promise<Started>;
}

type Pipe<D extends Descriptor> = { none: undefined; "from us": Writable; "to us": Readable }[D];

/** Starts programs, each in a session of its own: signals to the daemon's process group are not their business. */
export interface Launcher {
  /** At a cost that does not grow with the daemon's memory. Throws KernelError when the program cannot be run. */
  launch<const D extends readonly Descriptor[]>(path: string, args: readonly string[], launch: Launch<D>): Program<D>;
  /**
   * As launch(), of a starter: it writes the pid of what it has started into a file, and ends with 0. We then wait for that
   * as for a child.
   */
  launchStarter<const D extends readonly Descriptor[]>(
    path: string,
    args: readonly string[],
    launch: Launch<D> & { readonly pidFile: string },
  ): Starting<D>;
}
