import { type ServiceError, status } from "@grpc/grpc-js";
import { EngineError } from "../../base/errors.ts";

/**
 * What a failed call means:
 * - "away": nobody answers, or the answer is not to be had now;
 * - "refused": the same call will fail again until somebody changes something;
 * - "compacted": the revision asked for is no longer kept, or not this store's;
 * - "token": the token of the user is unknown or old;
 * - "open": the store asks nobody for a password;
 * - "lease": there is no such lease.
 */
export type FailureKind = "away" | "refused" | "compacted" | "token" | "open" | "lease";

interface FailureOptions {
  readonly perhapsDone?: boolean;
  readonly reached?: boolean;
  readonly cause?: unknown;
}

/** A call that failed, in plain words. */
export class EtcdFailure extends Error {
  override readonly name = "EtcdFailure";
  readonly kind: FailureKind;
  /** False: the store has certainly not carried it out, so it may be tried again whatever it is. */
  readonly perhapsDone: boolean;
  /** False: there was no connection to it. */
  readonly reached: boolean;

  constructor(kind: FailureKind, why: string, options: FailureOptions = {}) {
    super(why, options.cause === undefined ? {} : { cause: options.cause });
    this.kind = kind;
    this.perhapsDone = options.perhapsDone ?? false;
    this.reached = options.reached ?? true;
  }
}

interface Known {
  readonly text: RegExp;
  readonly kind: FailureKind;
  /** Instead of etcd's text. */
  readonly why?: string;
  readonly perhapsDone?: true;
  readonly reached?: false;
}

/** By the text: etcd's codes are shared by unlike errors (api/v3rpc/rpctypes/error.go). */
const known: readonly Known[] = [
  // A connection counts as made when the server's first frame is there, so its verdict on our certificate comes before.
  {
    text: /^No connection established.*(certificate|\bSSL\b|\bTLS\b|ERR_TLS|EPROTO)/is,
    kind: "refused",
    reached: false,
  },
  { text: /^No connection established|^Name resolution failed/, kind: "away", reached: false },
  { text: /no leader|not capable/, kind: "away", why: "it has no leader: too few of its members reach each other" },
  { text: /too many requests/, kind: "away", why: "it is overloaded" },
  { text: /not supported for learner/, kind: "away", why: "the member asked is a learner that serves nobody yet" },
  { text: /required revision has been compacted|required revision is a future revision/, kind: "compacted" },
  { text: /requested lease not found/, kind: "lease", why: "the lease is gone" },
  { text: /invalid auth token|revision of auth store is old/, kind: "token", why: "it does not know our token" },
  { text: /authentication is not enabled/, kind: "open" },
  { text: /user name is empty/, kind: "refused", why: "it asks for a user and password, and none is given" },
  { text: /invalid user ID or password/, kind: "refused", why: "user or password is wrong" },
  { text: /permission denied/, kind: "refused", why: "the user's roles do not allow it" },
  {
    text: /database space exceeded/,
    kind: "refused",
    why: "its database is full (alarm NOSPACE): compact and defragment it, then disarm the alarm",
  },
  { text: /request timed out|leader changed|server stopped/, kind: "away", perhapsDone: true },
];

/** Codes that say that nobody could decide about the call; all others are refusals. */
const awayCodes: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.INTERNAL, // a reset of the stream or of the connection
  status.UNKNOWN, // what is no gRPC error: the process of the store is on its way down
]);

/** Puts an error of gRPC into words. Throws what is none: a mistake of ours is not an absence of the store. */
export function explain(error: unknown): EtcdFailure {
  if (error instanceof EtcdFailure) return error;
  const { code, details, message } = error as Partial<Omit<ServiceError, "code">> & { code?: unknown };
  if (code === "ERR_STREAM_PREMATURE_CLOSE") return new EtcdFailure("away", String(message), { perhapsDone: true });
  if (typeof code !== "number" || details === undefined) throw error;
  return explainStatus(code, details, error);
}

/** `code`: of gRPC. */
export function explainStatus(code: number, details: string, error?: unknown): EtcdFailure {
  const match = known.find(({ text }) => text.test(details));
  if (match) {
    const { kind, why = plain(details) } = match;
    return new EtcdFailure(kind, why, { ...match, cause: error });
  }
  const away = awayCodes.has(code);
  return new EtcdFailure(away ? "away" : "refused", plain(details), { perhapsDone: away, cause: error });
}

/** Without the prefixes of etcd and gRPC, and without the time that gRPC adds. */
const plain = (text: string): string =>
  text
    .replace(/^etcdserver: (mvcc: )?/, "")
    .replace(/^No connection established[.] Last error: /, "")
    .replace(/^(?:Error: )?Deadline exceeded after ([\d.]+s).*$/s, "no answer after $1")
    .replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/, "")
    .replace(/[. ]*Resolution note:.*$/s, "");

/** As the callers of the store know it. */
export function toEngineError(failure: EtcdFailure, what: string, store: string): EngineError {
  const code = failure.kind === "away" || failure.kind === "compacted" ? "STORE_AWAY" : "STORE_REFUSED";
  return new EngineError(code, { what, store, why: failure.message }, { cause: failure });
}
