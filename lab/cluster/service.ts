import { readFileSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Machine } from "../machine.ts";
import { run } from "../process.ts";
import { lineInFile, textFrom } from "./log-file.ts";

/** Writes down who it is and becomes the program. The number is the machine's own; field 22 tells it from later ones. */
const becomeProgram = `
  read -r stat </proc/self/stat
  set -- "$1" $(echo "$stat" | cut -d" " -f22) "$@"
  echo "$$ $2" >"$1.pid"
  base=$1
  shift 3
  exec "$@" </dev/null >>"$base.log" 2>&1`;

export type ServiceState = "running" | "stopped" | "ended";

/** How long an end that was asked for may take, in seconds. */
const patience = 30;

/**
 * A program that runs in a machine by itself, whoever started it: found again by its files in the machine's folder, a
 * lock that it holds, its number and its log.
 */
export class Service {
  readonly name: string;
  readonly #machine: Machine;

  constructor(machine: Machine, name: string) {
    this.#machine = machine;
    this.name = name;
  }

  /** Path of the log, as seen inside. */
  get logFile(): string {
    return `${this.#base}.log`;
  }

  get log(): string {
    return textFrom(this.#machine.pathOf(this.logFile), 0);
  }

  /** Starts it; it is ready later. Throws when it runs already. */
  async start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Started> {
    const base = this.#base;
    await this.#machine.run("sh", "-c", `: >>${this.logFile}`);
    const offset = statSync(this.#machine.pathOf(this.logFile)).size;
    const lock = ["flock", "--nonblock", "--no-fork", "--conflict-exit-code=75", `${base}.lock`];
    const detached = ["setsid", "--fork", "sh", "-c", becomeProgram, "sh", base, ...argv];
    const { code, stderr } = await this.#machine.exec([...lock, ...detached], { env });
    if (code === 75) throw new Error(`Cannot start ${this.#title}: it runs already`);
    if (code !== 0) throw new Error(`Cannot start ${this.#title}: ${stderr}`);
    return new Started(this, this.#machine, offset);
  }

  get state(): ServiceState {
    const state = this.#identity()?.state;
    if (state === undefined || state === "Z" || state === "X") return "ended";
    return state === "T" ? "stopped" : "running";
  }

  /** Its number in the machine; undefined when it does not run. */
  get pid(): number | undefined {
    return this.state === "ended" ? undefined : this.#identity()?.pid;
  }

  /** Sends a signal, and waits until it has stopped if that is the signal. Throws when it does not run. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const { pid } = this;
    if (pid === undefined) throw new Error(`Cannot send ${signal} to ${this.#title}: it does not run`);
    await this.#machine.run("kill", `-${signal.replace("SIG", "")}`, String(pid));
    // Its threads stop one after the other, and only its parent hears of it.
    while (signal === "SIGSTOP" && this.state === "running") await delay(1);
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await this.signal(signal);
    const wait = ["flock", `--timeout=${patience}`, `${this.#base}.lock`, "true"];
    const { code } = await this.#machine.exec(wait);
    if (code !== 0) throw new Error(`${this.#title} still runs ${patience} s after ${signal}`);
  }

  get #base(): string {
    return `${this.#machine.folder}/${this.name}`;
  }

  get #title(): string {
    return `${this.name} of ${this.#machine.name}`;
  }

  #identity(): { pid: number; state: string } | undefined {
    const at = (path: string) => this.#machine.pathOf(path);
    try {
      const [pid = "", startTime] = readFileSync(at(`${this.#base}.pid`), "utf8")
        .trim()
        .split(" ");
      const stat = readFileSync(at(`/proc/${pid}/stat`), "utf8");
      const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[22 - 4] === startTime ? { pid: Number(pid), state } : undefined;
    } catch (error) {
      if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
      throw error;
    }
  }

  /** Resolves when nobody holds its lock. */
  async ended(signal: AbortSignal): Promise<void> {
    await run([...this.#machine.entrance, "flock", `${this.#base}.lock`, "true"], { signal });
  }
}

/** One run of a service. */
export class Started {
  readonly #service: Service;
  readonly #machine: Machine;
  readonly #offset: number;

  constructor(service: Service, machine: Machine, offset: number) {
    this.#service = service;
    this.#machine = machine;
    this.#offset = offset;
  }

  /** Waits for a line in the log of this run; fails, with the log, when the run ends before. */
  async logged(pattern: RegExp): Promise<string> {
    const enough = new AbortController();
    const path = this.#machine.pathOf(this.#service.logFile);
    const line = lineInFile(path, pattern, this.#offset, enough.signal);
    const end = this.#service.ended(enough.signal).then(() => this.#endedEarly(path, pattern));
    try {
      return await Promise.race([line, end]);
    } finally {
      enough.abort();
      await Promise.allSettled([line, end]);
    }
  }

  /** It may have said the line, and ended then. */
  #endedEarly(path: string, pattern: RegExp): string {
    const text = textFrom(path, this.#offset);
    const found = text.split("\n").find((line) => pattern.test(line));
    if (found !== undefined) return found;
    throw new Error(`${this.#service.name} of ${this.#machine.name} ended before it was ready:\n${text}`);
  }
}
