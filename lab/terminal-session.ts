import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import type { Duplex } from "node:stream";
import { pollable } from "../src/kernel/streams/pollable.ts";
import type { Machine } from "./machine.ts";
import { ending } from "./process.ts";
import { openPseudoTerminal } from "./pseudo-terminal.ts";

/** How long anything may take to be shown, on a machine that is busy with other tests. */
const patienceMs = 20_000;

/**
 * A program at a real pseudo-terminal, which is its controlling terminal: what a person sees and types.
 *
 * @example
 * await using shell = TerminalSession.docker(host, "run", "-it", "busybox", "sh");
 * await shell.until("# ");
 * shell.type("exit 3\r");
 * assert.equal(await shell.code, 3);
 */
export class TerminalSession implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #stream: Duplex;
  readonly #resize: (rows: number, columns: number) => void;
  readonly #listeners = new Set<() => void>();
  #text = "";
  #over = false;

  private constructor(argv: readonly string[], size: readonly [rows: number, columns: number]) {
    const { controller, line, resize } = openPseudoTerminal();
    resize(...size);
    this.#resize = resize;
    // setsid --ctty: the terminal's size and keys are then told to the program by the kernel.
    this.#process = spawn("setsid", ["--ctty", "--wait", ...argv], { stdio: [line, line, line] });
    closeSync(line);
    this.#stream = pollable(controller, { readable: true, writable: true });
    this.#stream.on("data", (bytes: Buffer) => this.#hear(bytes.toString("latin1")));
    this.#stream.on("error", () => this.#end()); // EIO: nobody has the terminal open any more
    this.#stream.on("close", () => this.#end());
  }

  /** The unmodified docker CLI against the machine's daemon. */
  static docker(host: Machine, ...args: string[]): TerminalSession {
    return new TerminalSession([...host.entrance, "docker", "-H", `unix://${host.socket}`, ...args], [24, 80]);
  }

  /** Any program in the machine. */
  static start(host: Machine, ...argv: string[]): TerminalSession {
    return new TerminalSession([...host.entrance, ...argv], [24, 80]);
  }

  /** All that has been shown. */
  get text(): string {
    return this.#text;
  }

  /** Resolves to what has been shown since `from` (a length of text) once `wanted` is in it; rejects when the program ends before. */
  async until(wanted: string | RegExp, from = 0): Promise<string> {
    const late = setTimeout(() => this.#end(), patienceMs).unref();
    for (;;) {
      const shown = this.#text.slice(from);
      if (typeof wanted === "string" ? shown.includes(wanted) : wanted.test(shown)) {
        clearTimeout(late);
        return shown;
      }
      if (this.#over)
        throw new Error(`ended, or was silent for too long, without showing ${wanted}: ${JSON.stringify(shown)}`);
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  /** Types. */
  type(keys: string): void {
    this.#stream.write(Buffer.from(keys, "latin1"));
  }

  /** Types a line and returns what is shown until `wanted`. */
  async say(line: string, wanted: string | RegExp): Promise<string> {
    const from = this.#text.length;
    this.type(`${line}\r`);
    return await this.until(wanted, from);
  }

  resize(rows: number, columns: number): void {
    this.#resize(rows, columns);
  }

  /** Of the program, when it has ended. */
  get code(): Promise<number | null> {
    return ending(this.#process).then(([code]) => code);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.destroy(); // hangs up: the program gets SIGHUP
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill("SIGKILL");
    await ending(this.#process);
  }

  #hear(text: string): void {
    this.#text += text;
    this.#wake();
  }

  #end(): void {
    this.#over = true;
    this.#wake();
  }

  #wake(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}
