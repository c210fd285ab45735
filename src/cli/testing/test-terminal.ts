import { PassThrough } from "node:stream";
import type { Terminal } from "../output/terminal.ts";

/** A terminal that keeps what is written. */
export interface TestTerminal extends Terminal {
  readonly written: { stdout: string; stderr: string };
  /** Delivers a signal to whoever listens. */
  signal(name: NodeJS.Signals): void;
}

export function testTerminal(
  options: { input?: string; columns?: number; env?: Record<string, string> } = {},
): TestTerminal {
  const written = { stdout: "", stderr: "" };
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  const stdin = new PassThrough();
  stdin.end(options.input ?? "");
  const text = (chunk: string | Uint8Array) => Buffer.from(chunk as string).toString("utf8");
  const write = (chunk: string | Uint8Array) => {
    written.stdout += text(chunk);
  };
  const writeError = (chunk: string | Uint8Array) => {
    written.stderr += text(chunk);
  };
  return {
    ...{ written, stdin, write, writeError },
    line: (line) => write(`${line}\n`),
    errorLine: (line) => writeError(`${line}\n`),
    rawMode: async () => ({ [Symbol.dispose]: () => undefined }),
    columns: options.columns,
    rows: options.columns === undefined ? undefined : 24,
    env: options.env ?? {},
    onSignals(_signals, listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    signal: (name) => {
      for (const listener of listeners) listener(name);
    },
    exitCode: 0,
  };
}
