import { EngineError } from "../../../../base/errors.ts";
import type { LinkCounters } from "../../../../contracts/kernel.ts";
import type { Usage } from "../../../../contracts/limits.ts";
import type { ApiParts } from "../../../parts.ts";

/** What a container used at one moment. */
export interface Sample {
  readonly name: string;
  readonly id: string;
  readonly at: Date;
  /** Absent: it does not run. */
  readonly usage?: Usage;
  readonly networks: Readonly<Record<string, LinkCounters>>;
}

type Source = Pick<ApiParts, "engine" | "telemetry" | "log">;
type Listener = (sample: Sample | undefined) => void;

/** As often as Docker's. */
const intervalMs = 1000;

/** Throws CONTAINER_NOT_FOUND. */
export function takeSample({ engine, telemetry }: Omit<Source, "log">, reference: string): Sample {
  const { container, endpoints } = engine.containers.inspect(reference);
  const { id, name, sandboxId } = container;
  const usage = engine.containers.usage(id);
  const networks = endpoints.flatMap(({ endpoint: { ifName } }): [string, LinkCounters][] => {
    const counters = usage && sandboxId && ifName ? telemetry.counters(sandboxId, ifName) : undefined;
    return counters && ifName ? [[ifName, counters]] : [];
  });
  return { id, name, at: new Date(), networks: Object.fromEntries(networks), ...(usage ? { usage } : {}) };
}

/** Reads each container that somebody looks at once a second, however many look. */
export class Sampler {
  readonly #source: Source;
  readonly #watched = new Map<string, { readonly listeners: Set<Listener>; readonly timer: NodeJS.Timeout }>();

  constructor(source: Source) {
    this.#source = source;
  }

  /** Calls `onSample` soon and then once a second; with undefined, once, when the container is gone. */
  watch(id: string, onSample: Listener): Disposable {
    const watched = this.#watched.get(id) ?? this.#start(id);
    const own: Listener = (sample) => onSample(sample);
    watched.listeners.add(own);
    return {
      [Symbol.dispose]: () => {
        watched.listeners.delete(own);
        if (watched.listeners.size === 0) this.#stop(id, watched.timer);
      },
    };
  }

  #start(id: string) {
    const timer = setInterval(() => this.#tell(id), intervalMs);
    const watched = { listeners: new Set<Listener>(), timer };
    this.#watched.set(id, watched);
    setImmediate(() => this.#tell(id));
    return watched;
  }

  #tell(id: string): void {
    const watched = this.#watched.get(id);
    if (!watched) return;
    let sample: Sample | undefined;
    try {
      sample = takeSample(this.#source, id);
    } catch (error) {
      this.#stop(id, watched.timer); // there is nothing more to tell
      if (!(error instanceof EngineError && error.code === "CONTAINER_NOT_FOUND"))
        this.#source.log.error({ err: error, container: id }, "cannot read what a container uses");
    }
    for (const listener of [...watched.listeners]) listener(sample);
  }

  #stop(id: string, timer: NodeJS.Timeout): void {
    clearInterval(timer);
    if (this.#watched.get(id)?.timer === timer) this.#watched.delete(id);
  }
}

const samplers = new WeakMap<object, Sampler>();

/** The one of this daemon. It keeps nothing of the request that asks first. */
export function samplerOf({ engine, telemetry, log }: Source): Sampler {
  const sampler = samplers.get(engine) ?? new Sampler({ engine, telemetry, log });
  samplers.set(engine, sampler);
  return sampler;
}
