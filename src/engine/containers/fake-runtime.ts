import { EngineError } from "../../base/errors.ts";
import type { ExecSession, ExecSpec, Exit, LogEntry, OutputTap, RunPlan, Runtime } from "../../contracts/runtime.ts";
import type { Mount } from "../../model/container.ts";
import { FakeLimitedRuntime } from "./limits/fake-limited-runtime.ts";
import type { Steps } from "./steps.ts";

interface Process {
  readonly pid: number;
  started: boolean;
}

/** Processes that are only written down. They end on SIGKILL, and on other signals unless `stubborn`. */
export class FakeRuntime extends FakeLimitedRuntime implements Runtime {
  readonly processes = new Map<string, Process>();
  readonly disk = new Set<string>();
  readonly exits = new Map<string, Exit>();
  readonly signals: string[] = [];
  readonly paused = new Set<string>();
  /** Ends that paused ones have still to hear of: exit codes. */
  readonly #kept = new Map<string, number>();
  /** Called when a command starts, still inside start(). */
  onStart: (id: string) => void = () => {};
  stubborn = false;
  #nextPid = 100;
  #listener: ((exit: Exit) => Promise<void>) | undefined;
  readonly #untaken = new Set<Exit>();
  #told: Promise<unknown> = Promise.resolve();
  readonly #steps: Steps;
  constructor(steps: Steps) {
    super((step) => steps.take(step));
    this.#steps = steps;
  }
  /** The daemon has gone: nobody hears of ends any more. */
  silence(): void {
    this.#listener = undefined;
  }
  /** Ends a process; the news comes later, as from a real watcher. */
  end(id: string, exitCode: number): void {
    if (!this.processes.delete(id)) return;
    const exit = { containerId: id, exitCode, at: new Date().toISOString() };
    this.exits.set(id, exit);
    setImmediate(() => {
      this.#told = Promise.all([this.#told, this.#tell(exit)]);
    });
  }
  /** Tells again what was not taken, as a real watcher does every few seconds. */
  async look(): Promise<void> {
    await this.#told;
    const again = [...this.#untaken];
    this.#untaken.clear();
    await Promise.all(again.map((exit) => this.#tell(exit)));
  }
  async #tell(exit: Exit): Promise<void> {
    await this.#listener?.(exit).catch(() => this.#untaken.add(exit));
  }
  async create({ container }: RunPlan): Promise<{ pid: number }> {
    this.#steps.take("runtime.create");
    const pid = this.#nextPid++;
    this.exits.delete(container.id);
    this.processes.set(container.id, { pid, started: false });
    this.disk.add(container.id);
    return { pid };
  }
  async start(id: string): Promise<void> {
    this.#steps.take("runtime.start");
    const process = this.processes.get(id);
    if (process) process.started = true;
    this.onStart(id);
  }
  async kill(id: string, signal: string): Promise<void> {
    this.#steps.pass("runtime.kill");
    this.signals.push(signal);
    if (!this.processes.has(id)) throw new EngineError("CONTAINER_NOT_RUNNING", { container: id });
    if (this.paused.has(id)) this.#kept.set(id, 128 + Number(signal));
    else if (signal === "9") this.end(id, 137);
    else if (!this.stubborn) this.end(id, 128 + Number(signal));
  }
  async pause(id: string): Promise<void> {
    this.#steps.take("runtime.pause");
    this.paused.add(id);
  }
  async unpause(id: string): Promise<void> {
    this.#steps.take("runtime.unpause");
    this.paused.delete(id);
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    if (kept !== undefined) this.end(id, kept);
  }
  isPaused(id: string): boolean {
    return this.paused.has(id);
  }
  async release(id: string, { keepExit } = { keepExit: false }): Promise<void> {
    this.#steps.pass("runtime.release");
    this.processes.delete(id);
    if (!keepExit) this.exits.delete(id);
  }
  async remove(id: string): Promise<void> {
    this.#steps.pass("runtime.remove");
    this.processes.delete(id);
    this.disk.delete(id);
  }
  checkUser(_id: string, _user: string): void {}
  /** What exec() gives; tests that need one set it. */
  onExec: (id: string, spec: ExecSpec) => ExecSession = () => {
    throw new Error("no exec here");
  };
  async exec(id: string, spec: ExecSpec): Promise<ExecSession> {
    return this.onExec(id, spec);
  }
  async *logs(): AsyncIterable<LogEntry[]> {}
  tap(): OutputTap {
    return { follow: async function* () {}, [Symbol.dispose]: () => undefined };
  }
  openInput(): undefined {}
  closeInput(): void {}
  resize(): void {}
  async running(): Promise<Map<string, number>> {
    return new Map([...this.processes].map(([id, { pid }]) => [id, pid]));
  }
  exitOf(id: string): Exit | undefined {
    return this.exits.get(id);
  }
  watch(onExit: (exit: Exit) => Promise<void>): Disposable {
    this.#listener = onExit;
    return { [Symbol.dispose]: () => this.silence() };
  }
  ownMounts(mounts: readonly Mount[]): Mount[] {
    return [...mounts];
  }
  checkMounts(): void {
    this.#steps.take("runtime.checkMounts");
  }

  /** Of the root of a new container; it may throw. */
  onCheckRootfs = () => {};

  checkRootfs(): void {
    this.#steps.take("runtime.checkRootfs");
    this.onCheckRootfs();
  }
  leftovers(): string[] {
    return [...this.disk];
  }
}
