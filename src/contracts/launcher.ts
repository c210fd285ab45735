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

/** How a program ended: its exit code, or the signal that killed it. */
export type ProgramEnd =
  | { readonly exitCode: number; readonly signal?: never }
  | { readonly exitCode?: never; readonly signal: NodeJS.Signals };

/** A program that runs as our child. */
export interface Program<D extends readonly Descriptor[] = readonly Descriptor[]> {
  /** Our ends of its pipes, at the numbers they have there. What it wrote can be read after its end, too. */
  readonly pipes: { readonly [K in keyof D]: Pipe<D[K]> };
  readonly ended: Promise<ProgramEnd>;
  /** Sends it a signal, unless it has ended. */
  kill(signal: NodeJS.Signals): void;
}

type Pipe<D extends Descriptor> = { none: undefined; "from us": Writable; "to us": Readable }[D];

/** Starts programs, each in a session of its own: signals to the daemon's process group are not their business. */
export interface Launcher {
  /** At a cost that does not grow with the daemon's memory. Throws KernelError when the program cannot be run. */
  launch<const D extends readonly Descriptor[]>(path: string, args: readonly string[], launch: Launch<D>): Program<D>;
}
