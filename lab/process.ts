import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { childrenOf } from "./children.ts";

/** The checkout: hosts see it at the same path. */
export const checkout = join(import.meta.dirname, "..");

export interface Result {
  /** Null for a process that a signal ended. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that takes longer is ended with everything it started, and the call fails. */
  readonly timeoutMs?: number;
  /** Ends the command with everything it started; the call fails. */
  readonly signal?: AbortSignal;
}

/** Starts a command in a process group of its own. */
export function start(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const [command = "", ...args] = argv;
  return spawn(command, args, { stdio: "pipe", detached: true, ...options });
}

/** Runs a command to its end. */
export async function exec(argv: readonly string[], options: ExecOptions = {}): Promise<Result> {
  const child = start(argv, { env: { ...process.env, ...options.env } });
  const { timeoutMs = 60_000 } = options;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(child);
  }, timeoutMs);
  const abort = () => endGroup(child);
  options.signal?.addEventListener("abort", abort);
  if (options.signal?.aborted) abort();
  child.stdin?.on("error", () => {}); // a command that does not read its input
  child.stdin?.end(options.input ?? "");
  const streams = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : ""));
  const [[code, signal], stdout = "", stderr = ""] = await Promise.all([ending(child), ...streams]);
  clearTimeout(timer);
  options.signal?.removeEventListener("abort", abort);
  options.signal?.throwIfAborted();
  if (late) throw new Error(`${argv.join(" ")}: not done after ${timeoutMs} ms\n${stdout}${stderr}`);
  return { code, signal, stdout, stderr };
}

/** Runs a command that must succeed, and returns its output. */
export async function run(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
  const { code, signal, stdout, stderr } = await exec(argv, options);
  if (code !== 0) throw new Error(`${argv.join(" ")}: ended with ${signal ?? code}\n${stderr}${stdout}`);
  return stdout;
}

/** Waits for the process to end, or takes note that it has. */
export async function ending(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return [child.exitCode, child.signalCode];
}

/** The first child of a process; throws when it has none. */
export function firstChildOf(pid: number): number {
  const [child] = childrenOf(pid);
  if (child === undefined) throw new Error(`process ${pid} has no child`); // 0 would be ourselves to kill(2)
  return child;
}

function endGroup(child: ChildProcess): void {
  if (child.pid && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
}

/** Waits for a line of output or errors that matches; fails with everything said when the process ends before. */
export async function lineOf(child: ChildProcess, pattern: RegExp, what: string): Promise<string> {
  const said: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface(stream).on("line", (line) => {
      if (pattern.test(line)) resolve(line);
      said.push(line);
    });
  }
  child.once("close", () => reject(new Error(`${what} ended before it was ready:\n${said.join("\n")}`)));
  child.once("error", reject);
  return promise;
}
