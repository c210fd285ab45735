import type { UpstreamTarget } from "../../contracts/packets.ts";
import type { Query } from "../query.ts";
import { Cache } from "./cache.ts";
import { type Exchange, exchangeTcp, exchangeUdp, type OpenUpstream, UpstreamSilent } from "./exchange.ts";
import { Health } from "./health.ts";
import { questionKey, upstreamQuery } from "./upstream-query.ts";
import { judge, type UpstreamReply, type Verdict } from "./upstream-reply.ts";

/** Servers of one resolver, in the order to ask them. */
export interface UpstreamSet {
  readonly targets: readonly UpstreamTarget[];
  /** Equal for sets that would give the same answers: same servers, asked from the same namespace. */
  readonly key: string;
  /** Ends questions asked from a namespace that is going away; undefined for sets that others may share. */
  readonly signal: AbortSignal | undefined;
}

export interface ForwarderParts {
  readonly open: OpenUpstream;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly timeoutMs: number;
  /** Told about every server that failed. */
  readonly onFailure: (target: UpstreamTarget, why: string) => void;
}

/** Asks upstreams for all resolvers: one cache, and one question under way for all who ask the same. */
export class Forwarder {
  readonly #parts: ForwarderParts;
  readonly #cache: Cache;
  readonly #health: Health;
  readonly #underWay = new Map<string, Promise<UpstreamReply | undefined>>();

  constructor(parts: ForwarderParts) {
    this.#parts = parts;
    this.#cache = new Cache(parts.now);
    this.#health = new Health(parts.now);
  }

  cached(query: Query, set: UpstreamSet): ReturnType<Cache["get"]> {
    return this.#cache.get(`${set.key} ${questionKey(query)}`);
  }

  /** The answer of the first server that has one; undefined when all failed. `tcp`: the client can take a long one. */
  ask(query: Query, set: UpstreamSet, tcp: boolean): Promise<UpstreamReply | undefined> {
    const key = `${set.key} ${questionKey(query)}`;
    const shared = `${tcp ? "tcp" : "udp"} ${key}`;
    const underWay = this.#underWay.get(shared);
    if (underWay) return underWay;
    const asked = this.#askInOrder(query, set, tcp)
      .then((reply) => {
        if (reply) this.#cache.put(key, reply);
        return reply;
      })
      .finally(() => this.#underWay.delete(shared));
    this.#underWay.set(shared, asked);
    return asked;
  }

  async #askInOrder(query: Query, set: UpstreamSet, tcp: boolean): Promise<UpstreamReply | undefined> {
    for (const target of this.#health.order(set.targets)) {
      try {
        const verdict = await this.#askOne(query, target, tcp, set.signal);
        this.#health.answered(target);
        if (typeof verdict === "object") return verdict;
        this.#parts.onFailure(target, "refused or failed");
      } catch (error) {
        if (set.signal?.aborted) return undefined;
        if (error instanceof UpstreamSilent) this.#health.wasSilent(target);
        this.#parts.onFailure(target, String(error));
      }
    }
    return undefined;
  }

  /** With EDNS first, without it if that is what the server stumbles over; over TCP if it does not fit and the client is there too. */
  async #askOne(query: Query, target: UpstreamTarget, tcp: boolean, signal: AbortSignal | undefined): Promise<Verdict> {
    const ask = (edns: boolean, protocol: "udp" | "tcp") => {
      const sent = upstreamQuery(query, edns);
      const exchange: Exchange<Verdict> = {
        open: this.#parts.open,
        target: { ...target, protocol },
        bytes: sent.bytes,
        accept: (packet) => {
          const verdict = judge(packet, sent, query);
          return verdict === "ignore" ? undefined : verdict;
        },
        timeoutMs: this.#parts.timeoutMs,
        signal,
      };
      return protocol === "udp" ? exchangeUdp(exchange) : exchangeTcp(exchange);
    };
    const first = await ask(true, "udp");
    const edns = first !== "plain";
    const verdict = edns ? first : await ask(false, "udp");
    return tcp && typeof verdict === "object" && verdict.truncated ? ask(edns, "tcp") : verdict;
  }
}
