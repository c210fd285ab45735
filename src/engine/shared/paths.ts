import type { Log } from "../../base/log.ts";
import type { Cluster } from "../../contracts/cluster.ts";
import type { ProbePath } from "../../contracts/path-probe.ts";
import type { EventHub } from "../events.ts";

export interface PathParts {
  readonly probe: ProbePath;
  readonly cluster: Pick<Cluster, "underlay" | "hosts" | "forwarding">;
  readonly inUse: { all(): Iterable<string> };
  readonly events: Pick<EventHub, "emit">;
  readonly log: Log;
}

/** Paths change while nobody looks: routes, tunnels of a cloud, a switch that was replaced. */
const againMs = 10 * 60_000;
/** Probes under way at once. */
const atOnce = 8;

/**
 * Whether packets of full size arrive at the hosts that this one has tunnels to: asked when the first endpoint behind a
 * VTEP becomes known, and every ten minutes. A path that takes less is an event, and shown with the network's peers: small
 * packets pass it and large ones vanish, which is hard to find otherwise.
 */
export class Paths implements Disposable {
  readonly #parts: PathParts;
  readonly #known = new Map<string, { readonly mtu: number | undefined }>();
  readonly #waiting = new Set<string>();
  readonly #end = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #running = 0;

  constructor(parts: PathParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#askAgain(), againMs).unref();
  }

  /** VTEPs that endpoints have just become known behind. */
  see(vteps: Iterable<string>): void {
    for (const vtep of vteps) if (!this.#known.has(vtep)) this.#waiting.add(vtep);
    this.#proceed();
  }

  /** Bytes that arrive at this VTEP, when that is less than the underlay carries. */
  limit(vtep: string): number | undefined {
    return this.#known.get(vtep)?.mtu;
  }

  /** Those that still have an endpoint behind them. */
  #askAgain(): void {
    const { cluster, inUse } = this.#parts;
    const used = new Set([...inUse.all()].flatMap((id) => (cluster.forwarding(id) ?? []).map(({ vtep }) => vtep)));
    for (const vtep of this.#known.keys()) if (!used.has(vtep)) this.#known.delete(vtep);
    for (const vtep of used) this.#waiting.add(vtep);
    this.#proceed();
  }

  #proceed(): void {
    for (const vtep of this.#waiting) {
      if (this.#running >= atOnce || this.#end.signal.aborted) return;
      this.#waiting.delete(vtep);
      this.#running += 1;
      void this.#ask(vtep).finally(() => {
        this.#running -= 1;
        this.#proceed();
      });
    }
  }

  async #ask(vtep: string): Promise<void> {
    const { probe, cluster, log } = this.#parts;
    const underlay = cluster.underlay();
    // Addresses of an encrypted network's tunnels are of another family or net: WireGuard has a path of its own.
    if (!underlay || underlay.address.includes(":") !== vtep.includes(":")) return;
    const path = { device: underlay.device, local: underlay.address, remote: vtep, bytes: underlay.mtu };
    try {
      const { arrived, mtu, why } = await probe(path, this.#end.signal);
      if (arrived || mtu !== undefined) this.#note(vtep, underlay.mtu, arrived ? undefined : mtu);
      else log.debug({ vtep, why }, "a host does not answer pings: the size of the path to it is not known");
    } catch (err) {
      if (!this.#end.signal.aborted) log.warn({ err, vtep }, "cannot probe the path to a host");
    }
  }

  #note(vtep: string, wanted: number, mtu: number | undefined): void {
    const before = this.#known.get(vtep);
    this.#known.set(vtep, { mtu });
    if (before?.mtu === mtu) return;
    const { cluster, events, log } = this.#parts;
    const host = cluster.hosts().find((each) => each.vtep === vtep);
    const attributes = { host: host?.name ?? vtep, address: vtep, mtu: String(mtu ?? wanted), wanted: String(wanted) };
    events.emit("cluster", "path_mtu", { id: host?.id ?? vtep, attributes });
    if (mtu === undefined) log.info(attributes, "packets of full size arrive at a host again");
    else
      log.warn(
        attributes,
        "packets of full size do not arrive at a host: raise the MTU of the path, or make networks with -o com.docker.network.driver.mtu",
      );
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#end.abort();
  }
}
