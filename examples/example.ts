import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A daemon of its own in throw-away roots, and the CLI against it: what examples are told with. */
export class Example implements AsyncDisposable {
  readonly checkout = join(import.meta.dirname, "..");
  readonly host: string;
  /** Resolves when the user or the terminal asks for the end. */
  readonly asked: Promise<void>;
  #isAsked = false;
  readonly #daemon: ChildProcess;
  readonly #undo: (() => unknown)[] = [];

  private constructor(host: string, daemon: ChildProcess, asked: Promise<void>) {
    this.host = host;
    this.#daemon = daemon;
    this.asked = asked.then(() => {
      this.#isAsked = true;
    });
  }

  /** Starts the daemon and waits until it answers. */
  static async start(root: string): Promise<Example> {
    const host = `unix://${root}/fairlead.sock`;
    const flags = [
      "--host",
      host,
      "--data-root",
      `${root}/data`,
      "--exec-root",
      `${root}/run`,
      "--pidfile",
      `${root}/pid`,
    ];
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => onAsked());
    console.log(`$ ./fairlead daemon   (with roots of its own in ${root}, so that nothing of yours is touched)`);
    const program = join(import.meta.dirname, "..", "fairlead");
    const daemon = spawn(program, ["daemon", ...flags], { stdio: ["ignore", "inherit", "pipe"], detached: true });
    const said: string[] = [];
    const lines = createInterface({ input: daemon.stderr });
    lines.on("line", (line) => said.push(line));
    const ready = new Promise<void>((resolve) => lines.on("line", (line) => line.includes('"listening"') && resolve()));
    const ended = once(daemon, "exit").then(([code]) => {
      throw new Error(`the daemon ended with code ${String(code)}:\n${said.join("\n")}`);
    });
    ended.catch(() => {});
    await Promise.race([ready, ended]);
    return new Example(host, daemon, asked);
  }

  /** Does the work up to the command at which Ctrl-C, SIGTERM or the end of the terminal asks for the end. Dispose then. */
  async untilAsked(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!this.#isAsked) throw error;
    }
  }

  /** Something to put back at the end, after the daemon has gone. */
  undo(action: () => unknown): void {
    this.#undo.push(action);
  }

  /** Runs one command, shown as a reader would type it, with its output. */
  async fairlead(...args: string[]): Promise<string> {
    if (this.#isAsked) throw new Error("told to end");
    return this.#show(...args);
  }

  async #show(...args: string[]): Promise<string> {
    console.log(`$ ./fairlead ${args.map(quote).join(" ")}`);
    const output = await this.quietly(...args);
    process.stdout.write(output);
    return output;
  }

  /** Runs one command and returns its output; a failure is thrown with what the command said. */
  async quietly(...args: string[]): Promise<string> {
    const child = spawn(join(this.checkout, "fairlead"), ["--host", this.host, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    if (code !== 0) throw new Error(`fairlead ${args.join(" ")} ended with code ${String(code)}: ${errors}${output}`);
    return output;
  }

  /** Waits until a container has logged a line that matches. */
  async logged(container: string, pattern: RegExp): Promise<void> {
    const child = spawn(join(this.checkout, "fairlead"), ["--host", this.host, "logs", "-f", container], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let seen = "";
    const found = Promise.withResolvers<void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        seen += chunk.toString();
        if (pattern.test(seen)) found.resolve();
      });
    }
    await Promise.race([found.promise, once(child, "exit"), this.asked]);
    child.kill();
    if (!pattern.test(seen)) throw new Error(`${container} ended before it was ready; it said:\n${seen}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#show("system", "reset", "--force");
    if (this.#daemon.exitCode === null) {
      this.#daemon.kill("SIGTERM");
      await once(this.#daemon, "exit");
    }
    for (const action of this.#undo.reverse()) await action();
    console.log("Everything is gone again: containers, network, rules and files.");
  }
}

const quote = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`);

async function text(stream: AsyncIterable<unknown>): Promise<string> {
  let all = "";
  for await (const chunk of stream) all += String(chunk);
  return all;
}
