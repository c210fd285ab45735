import type { Readable } from "node:stream";

/** Where a command reads and writes: the process's own streams, or a test's. */
export interface Terminal {
  /** Text or bytes on standard output, as they are. */
  write(chunk: string | Uint8Array): void;
  /** One line on standard output. */
  line(text: string): void;
  writeError(chunk: string | Uint8Array): void;
  /** One line on standard error. */
  errorLine(text: string): void;
  /** Characters in a line when standard output is a terminal; undefined otherwise. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** Loads standard input. */
  readonly stdin: Readable & { isTTY?: boolean };
  /** Passes every key on, Ctrl-C too, until disposed. Only when standard input is a terminal. */
  rawMode(): Promise<Disposable>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls `listener` for each of the signals until disposed. */
  onSignals(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): Disposable;
  /** Set by commands that go on after a failure. */
  exitCode: number;
}

/** The process's own streams. */
export function processTerminal(): Terminal {
  return {
    write: (chunk) => void process.stdout.write(chunk),
    line: (text) => void process.stdout.write(`${text}\n`),
    writeError: (chunk) => void process.stderr.write(chunk),
    errorLine: (text) => void process.stderr.write(`${text}\n`),
    get columns() {
      return process.stdout.isTTY ? process.stdout.columns : undefined;
    },
    get rows() {
      return process.stdout.isTTY ? process.stdout.rows : undefined;
    },
    get stdin() {
      return process.stdin;
    },
    rawMode: async () => (await import("./raw-mode.ts")).rawMode(),
    env: process.env,
    onSignals(signals, listener) {
      for (const signal of signals) process.on(signal, listener);
      return {
        [Symbol.dispose]() {
          for (const signal of signals) process.off(signal, listener);
        },
      };
    },
    exitCode: 0,
  };
}
