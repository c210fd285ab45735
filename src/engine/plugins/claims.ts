import { EngineError } from "../../base/errors.ts";
import { KeyedLock } from "../../base/keyed-lock.ts";
import type { Log } from "../../base/log.ts";
import type { Plugins } from "../../contracts/plugins.ts";
import type { Claim, Undo } from "../../model/plugin.ts";
import type { State } from "../state.ts";

/** Between two attempts to give something back to a plugin that does not answer. */
const firstRetryMs = 2_000;
const longestRetryMs = 60_000;

/**
 * What plugins were asked for. A claim is written before the plugin is asked and deleted when it has been given back, so
 * that what a crash or a silent plugin leaves is known. Whoever gives something back need not care whether the plugin is
 * there: what it owes is tried again until the plugin has answered, whatever it says.
 */
export class Claims implements Disposable {
  readonly #state: State;
  readonly #plugins: Pick<Plugins, "call">;
  readonly #log: Log;
  readonly #owed = new Set<string>();
  /** Networks whose plugin is just being told of their removal. */
  readonly #going = new Set<string>();
  /** One call after the other a plugin: addresses go back before their pool, endpoints before their network. */
  readonly #turns = new KeyedLock();
  #timer: NodeJS.Timeout | undefined;
  #retryMs = firstRetryMs;
  #closed = false;

  constructor(parts: { state: State; plugins: Pick<Plugins, "call">; log: Log }) {
    this.#state = parts.state;
    this.#plugins = parts.plugins;
    this.#log = parts.log;
  }

  /** Writes down what is about to be asked for, or what has become known of it. On disk: a plugin may outlive the machine. */
  write(claim: Claim): void {
    this.#state.commit([{ put: "claim", id: claim.id, value: claim }]);
  }

  /** The plugin has refused: there is nothing to give back. */
  drop(id: string): void {
    if (this.#state.claims.has(id)) this.#state.commit([{ delete: "claim", id }], "process");
  }

  /** Gives back what these claims stand for, in this order; never throws. One without a claim is given back already. */
  async giveBack(...ids: readonly string[]): Promise<void> {
    const known = ids.filter((id) => this.#state.claims.has(id));
    for (const id of known) this.#owed.add(id);
    for (const id of known) await this.#settle(id);
    this.#scheduleRetry();
  }

  /** Tries what is owed of these once more, at once; true when nothing is left. */
  async settled(...ids: readonly string[]): Promise<boolean> {
    await this.giveBack(...ids.filter((id) => this.#owed.has(id)));
    return !ids.some((id) => this.#owed.has(id));
  }

  /** At the start: what nobody has any more is owed. Does not wait for the plugins. */
  audit(hasOwner: (claim: Claim) => boolean): void {
    const orphans = [...this.#state.claims.values()].filter((claim) => !hasOwner(claim));
    for (const { what, plugin } of orphans)
      this.#log.warn({ plugin, what }, "a plugin has something that nobody uses any more: giving it back");
    void this.giveBack(...orphans.map(({ id }) => id).sort(byDependence));
  }

  /** Gives everything back; for the day that everything goes. */
  giveBackAll(): Promise<void> {
    return this.giveBack(...[...this.#state.claims.keys()].sort(byDependence));
  }

  get owed(): number {
    return this.#owed.size;
  }

  isGoing(networkId: string): boolean {
    return this.#going.has(networkId);
  }
  going(networkId: string): Disposable {
    this.#going.add(networkId);
    return { [Symbol.dispose]: () => void this.#going.delete(networkId) };
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #settle(id: string): Promise<void> {
    const plugin = this.#state.claims.get(id)?.plugin;
    if (plugin === undefined) return void this.#owed.delete(id);
    await using _turn = await this.#turns.hold(plugin);
    const claim = this.#state.claims.get(id); // another turn may have done it
    if (claim && !this.#closed && !(await this.#undo(claim))) return;
    if (this.#closed) return;
    this.#owed.delete(id);
    this.drop(id);
  }

  /** False: no answer, so it is not known what has become of it. */
  async #undo(claim: Claim): Promise<boolean> {
    const { plugin, what, undo } = claim;
    if (undo.length === 0)
      this.#log.warn({ plugin, what }, "it is not known what a plugin gave before the daemon ended: it may keep it");
    for (const step of undo) if (!(await this.#tell(claim, step))) return false;
    return true;
  }

  async #tell({ plugin, what }: Claim, { verb, body }: Undo): Promise<boolean> {
    try {
      await this.#plugins.call(plugin, verb, body, { patience: 0 });
    } catch (err) {
      const silent = err instanceof EngineError && err.code === "PLUGIN_AWAY";
      const then = silent ? "it is told again later" : "that counts as done";
      this.#log.warn({ err, plugin, what }, `a plugin did not take something back: ${then}`);
      return !silent;
    }
    return true;
  }

  #scheduleRetry(): void {
    if (this.#owed.size === 0) this.#retryMs = firstRetryMs;
    if (this.#owed.size === 0 || this.#timer || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
      void this.giveBack(...[...this.#owed].sort(byDependence));
    }, this.#retryMs).unref();
  }
}

const order = ["endpoint", "address", "network", "pool"];

/** Endpoints, addresses, networks, pools: nothing goes before what is in it. */
function byDependence(a: string, b: string): number {
  const rank = (id: string) => order.indexOf(id.split("/")[0] ?? "");
  return rank(a) - rank(b);
}
