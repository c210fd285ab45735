import { AsyncLocalStorage } from "node:async_hooks";
import { syncBuiltinESMExports } from "node:module";
import promised from "node:timers/promises";

/** Somebody whose timers can be held up and dropped: a host's process, or what is between it and the store. */
export interface Actor {
  readonly name: string;
  state: "running" | "paused" | "dead";
}

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  delay: promised.setTimeout,
  now: performance.now.bind(performance),
  monotonic: process.hrtime.bigint,
};

/** A timer of an actor's, standing in for NodeJS.Timeout. */
class SimTimer {
  readonly actor: Actor;
  readonly run: () => void;
  readonly everyMs: number | undefined;
  at: number;
  order: number;
  cancelled = false;

  constructor(actor: Actor, run: () => void, when: { at: number; order: number; everyMs?: number | undefined }) {
    this.actor = actor;
    this.run = run;
    this.at = when.at;
    this.order = when.order;
    this.everyMs = when.everyMs;
  }

  ref = () => this;
  unref = () => this;
  hasRef = () => true;
  [Symbol.dispose]() {
    this.cancelled = true;
  }
}

export interface SimTimeOptions {
  /** Undefined: time jumps from one timer to the next. Otherwise how many times as fast as the real one it runs. */
  readonly speed?: number;
}

/**
 * Time as the code under test sees it: timers, performance.now() and process.hrtime.bigint() of what runs for an actor.
 * What runs for nobody has the real ones. Where time jumps and nothing real is waited for, a run is the same each time.
 */
export class SimTime implements Disposable {
  readonly #speed: number | undefined;
  readonly #actors = new AsyncLocalStorage<Actor>();
  readonly #parked = new Map<Actor, SimTimer[]>();
  #queue: SimTimer[] = [];
  #now = 1_000_000;
  #order = 0;
  #wake = () => {};
  readonly #began = real.now();

  constructor({ speed }: SimTimeOptions = {}) {
    this.#speed = speed;
    this.#patch();
  }

  get now(): number {
    return this.#now;
  }

  /** Runs something for an actor, or with `undefined` for nobody, in real time. */
  as<T>(actor: Actor | undefined, body: () => T): T {
    return actor ? this.#actors.run(actor, body) : this.#actors.exit(body);
  }

  after(actor: Actor, ms: number, run: () => void): SimTimer {
    return this.#add(actor, run, { ms });
  }

  pause(actor: Actor): void {
    if (actor.state === "running") actor.state = "paused";
  }

  /** What was due meanwhile runs now, in its order. */
  resume(actor: Actor): void {
    if (actor.state !== "paused") return;
    actor.state = "running";
    for (const timer of this.#parked.get(actor) ?? []) this.#insert(timer);
    this.#parked.delete(actor);
  }

  /** Nothing of it runs any more. */
  kill(actor: Actor): void {
    actor.state = "dead";
    this.#parked.delete(actor);
    this.#queue = this.#queue.filter((timer) => timer.actor !== actor);
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await idle();
      const next = this.#queue[0];
      if (!next || next.at > end) {
        if (await this.#reach(end)) return;
        continue;
      }
      if (!(await this.#reach(next.at)) || this.#queue[0] !== next) continue;
      this.#queue.shift();
      this.#fire(next);
    }
  }

  /** Resolves with the promise's outcome while time passes; fails after `mostMs`. */
  async settled<T>(promise: Promise<T>, mostMs: number): Promise<T> {
    let open = true;
    const noted = promise.finally(() => {
      open = false;
    });
    noted.catch(() => {});
    for (let left = mostMs; open; left -= 100) {
      if (left <= 0) throw new Error(`not done after ${mostMs / 1000} s`);
      await this.pass(100);
    }
    return noted;
  }

  [Symbol.dispose](): void {
    const { delay, now: _now, monotonic, ...globals } = real;
    Object.assign(globalThis, globals);
    promised.setTimeout = delay;
    Reflect.deleteProperty(performance, "now");
    process.hrtime.bigint = monotonic;
    syncBuiltinESMExports();
  }

  /** True when it is that time now; false when it is to be looked again at what is next. */
  async #reach(at: number): Promise<boolean> {
    if (this.#speed === undefined) {
      this.#now = Math.max(this.#now, at);
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#wake = () => resolve(false);
    const due = this.#began + (at - 1_000_000) / this.#speed;
    const timer = real.setTimeout(() => resolve(true), Math.max(0, due - real.now()));
    const reached = await promise;
    real.clearTimeout(timer);
    if (reached) this.#now = Math.max(this.#now, at);
    return reached;
  }

  #fire(timer: SimTimer): void {
    if (timer.cancelled || timer.actor.state === "dead") return;
    if (timer.actor.state === "paused") {
      const parked = this.#parked.get(timer.actor) ?? [];
      this.#parked.set(timer.actor, parked);
      parked.push(timer);
      return;
    }
    this.#actors.run(timer.actor, timer.run);
    if (timer.everyMs === undefined || timer.cancelled) return;
    timer.at = this.#now + timer.everyMs;
    timer.order = ++this.#order;
    this.#insert(timer);
  }

  #add(actor: Actor, run: () => void, { ms = 0, repeat = false }: { ms?: number; repeat?: boolean }): SimTimer {
    const length = Math.max(repeat ? 1 : 0, Number(ms) || 0);
    const when = { at: this.#present() + length, order: ++this.#order, everyMs: repeat ? length : undefined };
    const timer = new SimTimer(actor, run, when);
    if (actor.state !== "dead") this.#insert(timer);
    return timer;
  }

  #present(): number {
    if (this.#speed === undefined) return this.#now;
    return Math.max(this.#now, 1_000_000 + (real.now() - this.#began) * this.#speed);
  }

  #insert(timer: SimTimer): void {
    let at = this.#queue.length;
    const later = (other: SimTimer | undefined) =>
      other !== undefined && (other.at > timer.at || (other.at === timer.at && other.order > timer.order));
    while (later(this.#queue[at - 1])) at -= 1;
    this.#queue.splice(at, 0, timer);
    if (at === 0) this.#wake();
  }

  #patch(): void {
    const timerOf = (otherwise: (...args: never[]) => unknown, repeat: boolean) =>
      ((run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
        const actor = this.#actors.getStore();
        if (!actor) return (otherwise as (...all: unknown[]) => unknown)(run, ms, ...args);
        return this.#add(actor, () => run(...args), { ms: ms ?? 0, repeat });
      }) as never;
    const cancel = (otherwise: (timer: never) => void) => (timer: unknown) =>
      timer instanceof SimTimer ? timer[Symbol.dispose]() : otherwise(timer as never);
    Object.assign(globalThis, {
      setTimeout: timerOf(real.setTimeout, false),
      setInterval: timerOf(real.setInterval, true),
      clearTimeout: cancel(real.clearTimeout),
      clearInterval: cancel(real.clearInterval),
      setImmediate: (run: (...args: unknown[]) => void, ...args: unknown[]) => {
        const actor = this.#actors.getStore();
        return actor ? this.#add(actor, () => run(...args), {}) : real.setImmediate(run, ...args);
      },
    });
    promised.setTimeout = ((ms?: number, value?: unknown, options?: object) => {
      const actor = this.#actors.getStore();
      if (!actor) return real.delay(ms, value, options);
      return new Promise<unknown>((resolve) => this.#add(actor, () => resolve(value), { ms: ms ?? 0 }));
    }) as typeof promised.setTimeout;
    syncBuiltinESMExports();
    const simulated = () => this.#actors.getStore() !== undefined;
    performance.now = () => (simulated() ? this.#present() : real.now());
    process.hrtime.bigint = () => (simulated() ? BigInt(Math.round(this.#present() * 1e6)) : real.monotonic());
  }
}

/** Until all that can run without waiting for a timer has run. */
const idle = (): Promise<void> => new Promise((resolve) => real.setImmediate(resolve));
