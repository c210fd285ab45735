import type { Entry } from "../../contracts/cluster-store.ts";
import type { Agents, Call, Reply } from "./agents.ts";
import { storeError } from "./failure.ts";
import type { KvRecord, Root } from "./records.ts";

export interface Listing {
  readonly entries: readonly Entry[];
  /** The last change below the prefix, of the whole store when there never was one: what to wait on. */
  readonly index: number;
  /** When it began to come: performance.now(). */
  readonly headAt: number;
}

/** How to wait for a listing that is newer than one that is known. */
export interface Wait {
  readonly index: number;
  readonly seconds: number;
}

/** Consistent reads: the leader makes sure that it is still the leader (mode "consistent" of Consul's API). */
export class Reader {
  readonly #agents: Agents;
  readonly #root: Root;
  readonly #timeoutMs: number;

  constructor(agents: Agents, root: Root, timeoutMs: number) {
    this.#agents = agents;
    this.#root = root;
    this.#timeoutMs = timeoutMs;
  }

  async get(key: string): Promise<Entry | undefined> {
    const call = { what: `read "${key}"`, path: `${this.#root.path(key)}?consistent`, patience: this.#timeoutMs };
    const [record] = this.#records(call.what, await this.#read(call));
    return record && this.#root.entry(record);
  }

  /** Consul leaves out what the token may not read, so nothing found is believed only when it may read there. */
  async list(prefix: string, signal?: AbortSignal): Promise<Listing> {
    const what = `list "${prefix}"`;
    const path = `${this.#root.path(prefix)}?recurse&consistent`;
    const call = { what, path, patience: this.#timeoutMs, ...(signal && { signal }) };
    const listing = this.#listing(what, await this.#read(call));
    if (listing.entries.length === 0) await this.checkReadable(prefix, signal);
    return listing;
  }

  /** As list(), but resolves when there is something newer than `wait.index`, or after `wait.seconds`; does not check. */
  async wait(prefix: string, { index, seconds }: Wait, signal: AbortSignal): Promise<Listing> {
    const what = `follow "${prefix}"`;
    const path = `${this.#root.path(prefix)}?recurse&consistent&index=${index}&wait=${seconds}s`;
    const timeoutMs = this.#timeoutMs;
    // Consul adds up to a sixteenth to the time, so that not all come back at once.
    const answerMs = (seconds * 1000 * 17) / 16 + timeoutMs;
    const patience = { connectMs: timeoutMs, answerMs, pieceMs: timeoutMs };
    return this.#listing(what, await this.#read({ what, path, patience, signal }));
  }

  /** Throws STORE_REFUSED if the token may not read keys that begin with `prefix`. */
  async checkReadable(prefix: string, signal?: AbortSignal): Promise<void> {
    await this.index(`list "${prefix}"`, prefix, signal && { signal });
  }

  /** Of the last change of the whole store. `prefix`: where the token may read. */
  async index(what: string, prefix: string, options: Pick<Call, "signal" | "vital"> = {}): Promise<number> {
    // A key that does not exist has the index of the table; one that ends with "/" cannot be made by us.
    const path = `${this.#root.path(prefix.endsWith("/") || prefix === "" ? prefix : `${prefix}/`)}?consistent`;
    return this.#indexOf(what, await this.#read({ what, path, patience: this.#timeoutMs, ...options }));
  }

  #read(call: Pick<Call, "what" | "path" | "patience" | "signal" | "vital">): Promise<Reply> {
    return this.#agents.send({ ...call, method: "GET", safe: true, answers: [200, 404] });
  }

  #listing(what: string, reply: Reply): Listing {
    const records = this.#records(what, reply);
    const entries = records.map((record) => this.#root.entry(record)).filter(({ key }) => !isFolder(key));
    return { entries, index: this.#indexOf(what, reply), headAt: reply.headAt };
  }

  #records(what: string, reply: Reply): readonly KvRecord[] {
    this.#indexOf(what, reply);
    return reply.status === 404 ? [] : (JSON.parse(reply.body) as KvRecord[]);
  }

  /** Another server's 404 must not look like an empty store. */
  #indexOf(what: string, { index }: Reply): number {
    if (index !== undefined && index > 0) return index;
    const why = "what answers is no Consul: it gives no X-Consul-Index; check the address and what is in between";
    throw storeError(what, this.#agents.store, { why, refused: true });
  }
}

/** Consul's web page makes such keys so that folders can be seen. */
const isFolder = (key: string): boolean => key === "" || key.endsWith("/");
