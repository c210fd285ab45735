import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { promisify } from "node:util";
import type { Row } from "./row.ts";

const run = promisify(execFile);

/** A network, mount and process namespace whose end is the end of everything in it. */
const entrance = [
  ...["--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"],
  ...["tini", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"],
];

/** Runs a script of this folder in a throw-away host; it prints its rows as JSON. Needs root. */
export async function inThrowAwayHost(script: string): Promise<Row[]> {
  const { stdout } = await run("unshare", [...entrance, process.execPath, script], { maxBuffer: 1 << 24 });
  return JSON.parse(stdout) as Row[];
}

/** A script of this folder that goes on in a throw-away host of its own and does a piece of work for each line it gets. */
export class Station implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(script: string, ...args: string[]) {
    this.#child = spawn("unshare", [...entrance, process.execPath, script, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#answers = createInterface({ input: this.#child.stdout as never })[Symbol.asyncIterator]();
  }

  /** Asks for a piece of work by name and returns what the script printed about it. */
  async ask<T>(work: string): Promise<T> {
    this.#child.stdin?.write(`${work}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`a script of the bench ended: ${this.#child.spawnargs.join(" ")}`);
    return JSON.parse(value as string) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin?.end();
    await once(this.#child, "exit");
  }
}

/** The other side: does the work that each line names until there are no more. */
export async function serveStation(work: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  const lines: Interface = createInterface({ input: process.stdin });
  for await (const line of lines) process.stdout.write(`${JSON.stringify(await work[line]?.())}\n`);
}
