import type { EngineEvent } from "./engine.ts";
import { nowNano } from "./timestamp.ts";

/** How many events GET /events?since= can look back. */
const kept = 1_000;

/** The event stream: who listens hears everything from then on; the last thousand are kept. */
export class EventHub {
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #now: () => bigint;
  /** Ring of the last events; `#next` is the slot that is written next. */
  readonly #ring: EngineEvent[] = [];
  #next = 0;
  #last = 0n;

  constructor(now: () => bigint = nowNano) {
    this.#now = now;
  }

  /** Tells everybody. A listener must not throw: it is called in the middle of a use case. */
  emit(type: EngineEvent["type"], action: string, actor: EngineEvent["actor"]): EngineEvent {
    const now = this.#now();
    // Strictly increasing, so that `since` the last event seen repeats none and misses none.
    this.#last = now > this.#last ? now : this.#last + 1n;
    const event: EngineEvent = { type, action, actor, timeNano: this.#last };
    this.#ring[this.#next] = event;
    this.#next = (this.#next + 1) % kept;
    for (const listener of [...this.#listeners]) listener(event);
    return event;
  }

  /** Calls `listener` for every event from now on. */
  subscribe(listener: (event: EngineEvent) => void): Disposable {
    // Its own function, so that one that subscribes twice is told twice and leaves one at a time.
    const own = (event: EngineEvent) => listener(event);
    this.#listeners.add(own);
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(own);
      },
    };
  }

  /** Kept events at or after `sinceNano`, oldest first. */
  since(sinceNano: bigint): EngineEvent[] {
    const ordered = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
    return ordered.filter(({ timeNano }) => timeNano >= sinceNano);
  }
}
