import type { Log } from "../base/log.ts";
import { hostNetns } from "../contracts/kernel.ts";
import type { ResolverConfig } from "../contracts/names.ts";
import { answer } from "./answer.ts";
import type { Admission } from "./forward/admission.ts";
import type { Forwarder, UpstreamSet } from "./forward/forwarder.ts";
import type { UpstreamReply } from "./forward/upstream-reply.ts";
import { writeStored } from "./forward/write-stored.ts";
import { type BadQuery, isBad, parseQuery, type Query } from "./query.ts";
import { rcodes } from "./rcode.ts";
import { sizeLimit, writeAnswer, writeError } from "./reply.ts";
import type { Source, Statistics } from "./statistics.ts";
import { makeView, usableUpstreams, type View } from "./view.ts";
import type { Zone } from "./zone.ts";

/** What all resolvers share. */
export interface ResolverParts {
  readonly zone: Zone;
  readonly forwarder: Forwarder;
  readonly admission: Admission;
  readonly statistics: Statistics;
  readonly log: Log;
}

/** Sends an answer that took its time: bytes[0, length), valid during the call only. */
export type SendLater = (bytes: Buffer, length: number) => void;

/** One thread, one answer at a time: all are written here first. */
const scratch = Buffer.allocUnsafeSlow(0x10000);

/** The resolver of one sandbox, whatever its queries came over. */
export class Resolver implements Disposable {
  readonly #parts: ResolverParts;
  readonly sandboxId: string;
  #view: View;
  #upstreams: UpstreamSet;
  #closing = new AbortController();
  #turn = 0;

  constructor(parts: ResolverParts, config: ResolverConfig) {
    this.#parts = parts;
    this.sandboxId = config.sandboxId;
    this.#view = makeView(parts.zone, config);
    this.#upstreams = upstreamSet(config, this.#closing.signal);
  }

  update(config: ResolverConfig): void {
    this.#view = makeView(this.#parts.zone, config);
    this.#upstreams = upstreamSet(config, this.#closing.signal);
  }

  /**
   * Answers the query at bytes[start, end): returns the answer, as a length in `answerBytes`, or 0 when there is none
   * now. `later` is called for one that has to wait, and makes the function that sends it.
   */
  handle(bytes: Buffer, start: number, end: number, tcp: boolean, later: () => SendLater): number {
    const query = parseQuery(bytes, start, end);
    if (!query) return 0;
    try {
      return isBad(query) ? this.#fail(query, query.rcode, "malformed") : this.#answer(query, tcp, later);
    } catch (error) {
      return this.#broken(query, error);
    }
  }

  /** Where handle() writes. */
  readonly answerBytes = scratch;

  #answer(query: Query, tcp: boolean, later: () => SendLater): number {
    const decided = answer(query, this.#view);
    if (decided === "forward") return this.#forward(query, tcp, later);
    this.#parts.statistics.count("local", decided.rcode);
    this.#turn = (this.#turn + 1) & 0xffff;
    return writeAnswer(scratch, query, decided, sizeLimit(query.edns, tcp), this.#turn);
  }

  #forward(query: Query, tcp: boolean, later: () => SendLater): number {
    const { forwarder, admission, statistics } = this.#parts;
    const cached = forwarder.cached(query, this.#upstreams);
    if (cached) {
      statistics.count("cache", cached.reply.rcode);
      return writeStored(scratch, query, cached.reply, cached.ageSeconds, tcp);
    }
    if (this.#upstreams.targets.length === 0) return this.#fail(query, rcodes.SERVFAIL, "upstream");
    if (!admission.enter(this.sandboxId)) return this.#fail(query, rcodes.REFUSED, "limit");
    const kept = { ...query, question: Buffer.from(query.question) }; // the received bytes are reused
    const send = later();
    // Written and sent in one go: scratch is everybody's.
    const deliver = (write: () => number): void => {
      if (!this.#closing.signal.aborted) send(scratch, write());
    };
    void forwarder
      .ask(kept, this.#upstreams, tcp)
      .finally(() => admission.leave(this.sandboxId))
      .then((reply) => deliver(() => this.#finish(kept, reply, tcp)))
      .catch((error: unknown) => deliver(() => this.#broken(kept, error)));
    return 0;
  }

  #finish(query: Query, reply: UpstreamReply | undefined, tcp: boolean): number {
    if (!reply) return this.#fail(query, rcodes.SERVFAIL, "upstream");
    this.#parts.statistics.count("upstream", reply.rcode);
    return writeStored(scratch, query, reply, 0, tcp);
  }

  #fail(query: Query | BadQuery, rcode: number, source: Source): number {
    this.#parts.statistics.count(source, rcode);
    return writeError(scratch, query, rcode);
  }

  /** A mistake of ours must cost one query, not the names of every container. */
  #broken(query: Query | BadQuery, error: unknown): number {
    this.#parts.log.error({ err: error, sandbox: this.sandboxId }, "a query could not be answered");
    return this.#fail(query, rcodes.SERVFAIL, "internal");
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
  }
}

function upstreamSet(config: ResolverConfig, closing: AbortSignal): UpstreamSet {
  const targets = usableUpstreams(config).map(({ address, port, from }) => {
    return { netns: from === "host" ? hostNetns : config.sandboxId, address, port, protocol: "udp" as const };
  });
  const isShared = targets.every(({ netns }) => netns === hostNetns);
  return {
    targets,
    key: targets.map(({ netns, address, port }) => `${netns}@${address}@${port}`).join(","),
    signal: isShared ? undefined : closing,
  };
}
