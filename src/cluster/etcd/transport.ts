import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { type ClientDuplexStream, Metadata } from "@grpc/grpc-js";
import type { StoreAddress } from "../../contracts/cluster-store.ts";
import { type Connection, Connector } from "./connection.ts";
import { EtcdFailure, explain } from "./failure.ts";
import { type Method, methods } from "./protocol.ts";

/**
 * An endpoint that has not let us in by then is given up for the next, if there is one. Twice as long after each round in
 * which none did: a lost SYN is sent again after a second (RFC 6298), and TLS takes three ways there and back.
 */
const connectMs = 1_000;
/** Between two rounds over all endpoints. */
const roundPauseMs = 150;

export interface CallOptions {
  /** May be carried out twice: reads, and writes that say what they compare or name. */
  readonly repeatable?: boolean;
  /** A member without a leader answers too. */
  readonly anyMember?: boolean;
}

/** A stream of both directions. Its iteration throws an EtcdFailure when it ends, whoever ended it. */
export interface Stream<Request, Response> extends AsyncIterable<Response> {
  send(request: Request): void;
  close(): void;
  /** Closes it because of what it said or did not say; the next call or stream goes elsewhere. Returns the failure. */
  fail(failure: EtcdFailure): EtcdFailure;
}

/**
 * Calls etcd at one of its endpoints, and goes on to the next when one fails. Failures are EtcdFailure. A call that may
 * have been carried out is repeated only if it is `repeatable`. All times are of the monotonic clock: the other one may be
 * wrong, and may be put right meanwhile.
 */
export class Transport {
  readonly #address: StoreAddress;
  readonly #connector: Connector;
  readonly #timeoutMs: number;
  #next = 0;
  #connection: Connection | undefined;
  #token: Promise<string> | undefined;
  /** Connections in a row that were given up without having been made. */
  #unmade = 0;
  readonly #streams = new Set<() => void>();
  #closed = false;

  /** Throws INVALID for TLS files that cannot be used. Connects with the first call. */
  constructor(address: StoreAddress, timeoutMs: number) {
    this.#address = address;
    this.#connector = new Connector(address);
    this.#timeoutMs = timeoutMs;
  }

  get endpoints(): readonly string[] {
    return this.#address.endpoints;
  }

  /** The endpoint that is in use, or the next one. */
  get endpoint(): string {
    return this.#current().endpoint;
  }

  async call<Q, S>(method: Method<Q, S>, request: Q, options: CallOptions = {}): Promise<S> {
    const deadline = performance.now() + this.#timeoutMs;
    let unreached = 0;
    for (let failures = 1; ; failures++) {
      const connection = this.#current();
      const failure = await this.#attempt(connection, method, request, deadline, options).catch(explain);
      if (!(failure instanceof EtcdFailure)) {
        this.#unmade = 0;
        return failure;
      }
      this.#note(failure, connection);
      if (!failure.reached) unreached += 1;
      if (!this.#worthAnother(failure, options, failures, unreached)) throw failure;
      if (failures % this.endpoints.length === 0) await pause(roundPauseMs);
      if (performance.now() >= deadline) throw failure;
    }
  }

  /** Opens a stream at the endpoint in use. One attempt: who uses it knows when to try again. */
  async open<Q, S>(method: Method<Q, S>): Promise<Stream<Q, S>> {
    const connection = this.#current();
    const release = connection.addStream();
    try {
      const deadline = performance.now() + this.#timeoutMs;
      await this.#settle(connection, this.#connectMs(deadline));
      const metadata = await this.#metadata(connection, deadline, {});
      connection.checkOpen();
      const { path, requestSerialize, responseDeserialize } = method;
      const call = connection.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
      return this.#wrap(call, connection, release);
    } catch (error) {
      release();
      const failure = explain(error);
      this.#note(failure, connection);
      throw failure;
    }
  }

  /** Asks this endpoint and no other, whichever is in use. */
  async callAt<Q, S>(endpoint: string, method: Method<Q, S>, request: Q): Promise<S> {
    const connection = this.#connector.connect(endpoint);
    const deadline = performance.now() + this.#timeoutMs;
    try {
      await this.#settle(connection, this.#timeoutMs);
      return await this.#send(connection, method, request, deadline, { anyMember: true });
    } catch (error) {
      throw explain(error);
    } finally {
      connection.retire();
    }
  }

  close(): void {
    this.#closed = true;
    for (const close of this.#streams) close();
    this.#connection?.close();
    this.#connection = undefined;
  }

  #current(): Connection {
    if (this.#closed) throw new EtcdFailure("away", "the client is closed");
    this.#connection ??= this.#connector.connect(this.endpoints[this.#next % this.endpoints.length] ?? "");
    return this.#connection;
  }

  /** The next call goes to the next endpoint, and asks for a token if ours is not known any more. */
  #note(failure: EtcdFailure, connection: Connection): void {
    if (failure.kind === "token") this.#token = undefined;
    if (failure.reached) this.#unmade = 0;
    if ((failure.kind !== "away" && failure.reached) || connection !== this.#connection) return;
    this.#next += 1;
    if (!failure.reached) this.#unmade += 1;
    this.#connection = undefined;
    connection.retire();
  }

  #worthAnother(failure: EtcdFailure, options: CallOptions, failures: number, unreached: number): boolean {
    if (failure.kind === "token") return failures <= this.endpoints.length + 1;
    if (this.#closed) return false;
    if (failure.perhapsDone) return options.repeatable === true;
    if (failure.kind !== "away") return !failure.reached && unreached < this.endpoints.length;
    // Nobody reached in two rounds: it is not an election. Members that say "no leader" are asked until the deadline.
    return failure.reached || unreached < 2 * this.endpoints.length;
  }

  async #attempt<Q, S>(
    to: Connection,
    method: Method<Q, S>,
    request: Q,
    deadline: number,
    options: CallOptions,
  ): Promise<S> {
    await this.#settle(to, this.#connectMs(deadline));
    return this.#send(to, method, request, this.#attemptDeadline(deadline, options), options);
  }

  async #send<Q, S>(
    to: Connection,
    method: Method<Q, S>,
    request: Q,
    deadline: number,
    options: CallOptions,
  ): Promise<S> {
    const metadata = await this.#metadata(to, deadline, options);
    return unary(to, method, request, metadata, deadline);
  }

  /** What may be repeated leaves time for another endpoint. */
  #attemptDeadline(deadline: number, { repeatable }: CallOptions): number {
    return repeatable && this.endpoints.length > 1
      ? Math.min(deadline, performance.now() + this.#timeoutMs / 2)
      : deadline;
  }

  /** Where there is no other endpoint, all the time that is left. */
  #connectMs(deadline: number): number {
    const left = deadline - performance.now();
    if (this.endpoints.length === 1) return left;
    const patienceMs = connectMs * 2 ** Math.floor(this.#unmade / this.endpoints.length);
    return Math.min(left, patienceMs, Math.max(connectMs, this.#timeoutMs / 2)); // the next endpoint has its turn
  }

  async #settle(connection: Connection, timeoutMs: number): Promise<void> {
    connection.checkOpen();
    if (await connection.settled(timeoutMs)) return;
    connection.checkOpen();
    throw new EtcdFailure("away", `${connection.endpoint} lets nobody connect within ${Math.round(timeoutMs)} ms`, {
      reached: false,
    });
  }

  /** "hasleader": a member that is cut off from the others says so at once, calls and streams alike. */
  async #metadata(connection: Connection, deadline: number, { anyMember }: CallOptions): Promise<Metadata> {
    const metadata = new Metadata();
    if (!anyMember) metadata.set("hasleader", "true");
    const { user } = this.#address;
    if (user === undefined) return metadata;
    this.#token ??= this.#authenticate(connection, user, deadline);
    const token = await this.#token.catch((error: unknown) => {
      this.#token = undefined;
      throw error;
    });
    if (token !== "") metadata.set("token", token);
    return metadata;
  }

  async #authenticate(connection: Connection, name: string, deadline: number): Promise<string> {
    try {
      const request = { name, password: this.#address.password ?? "" };
      return (await unary(connection, methods.authenticate, request, new Metadata(), deadline)).token;
    } catch (error) {
      const failure = explain(error);
      if (failure.kind === "open") return "";
      throw failure;
    }
  }

  #wrap<Q, S>(call: ClientDuplexStream<Q, S>, connection: Connection, release: () => void): Stream<Q, S> {
    call.on("error", () => {}); // the iteration throws it; after its end nobody is interested
    const end = (failure: EtcdFailure): EtcdFailure => {
      if (this.#streams.delete(close)) this.#note(failure, connection);
      close();
      return failure;
    };
    const close = (): void => {
      this.#streams.delete(close);
      call.cancel();
      release();
    };
    this.#streams.add(close);
    return {
      send: (request) => void call.write(request),
      close,
      fail: end,
      [Symbol.asyncIterator]: () => messages(call, end),
    };
  }
}

async function* messages<S>(call: AsyncIterable<S>, end: (failure: EtcdFailure) => EtcdFailure): AsyncGenerator<S> {
  let failure = new EtcdFailure("away", "it ended the stream");
  try {
    yield* call;
  } catch (error) {
    failure = explain(error);
  }
  throw end(failure);
}

function unary<Q, S>(
  to: Connection,
  method: Method<Q, S>,
  request: Q,
  metadata: Metadata,
  deadline: number,
): Promise<S> {
  const { path, requestSerialize, responseDeserialize } = method;
  to.checkOpen();
  // gRPC knows only times of the wall clock, and makes a timer of them at once.
  const wallDeadline = Date.now() + deadline - performance.now();
  return new Promise((resolve, reject) => {
    to.client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      { deadline: wallDeadline },
      (error, value) => {
        if (error) reject(error);
        else resolve(value as S);
      },
    );
  });
}
