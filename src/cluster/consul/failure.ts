import { EngineError } from "../../base/errors.ts";

/** Why one agent gave no answer to use. */
export interface Failure {
  /** For people: "connection refused". */
  readonly why: string;
  /** The store says no, and will say no again: credentials, certificate, not a Consul. */
  readonly refused: boolean;
  /** The request was certainly not carried out, so that another agent may be asked whatever it is. */
  readonly undone: boolean;
}

/** What callers of ClusterStore expect. `what` completes "Cannot ...". */
export function storeError(
  what: string,
  store: string,
  { why, refused }: Pick<Failure, "why" | "refused">,
  cause?: unknown,
): EngineError {
  const options = cause === undefined ? {} : { cause };
  return new EngineError(refused ? "STORE_REFUSED" : "STORE_AWAY", { what, store, why }, options);
}

/** errno codes in words; the rest keeps Node's message. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection lost",
  EPIPE: "connection lost",
  EHOSTUNREACH: "no route to it",
  ENETUNREACH: "no route to it",
  ETIMEDOUT: "connection timed out",
  ENOTFOUND: "its name is unknown",
  EAI_AGAIN: "its name cannot be resolved now",
};

/** X509_V_ERR_* of OpenSSL as Node names them, and alerts of TLS (RFC 8446 6): these do not pass by themselves. */
const tlsCode =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_|PATH_LENGTH_)/;

/** A failure below HTTP. `sent`: the request may have reached the agent. */
export function failureOfConnection(error: unknown, sent: boolean): Failure {
  const { code = "", message = String(error) } = error as { code?: string; message?: string };
  if (tlsCode.test(code)) {
    return { why: `TLS: ${message.trim()}; check the certificates of both sides`, refused: true, undone: true };
  }
  return { why: words[code] ?? message, refused: false, undone: !sent };
}

/** What an agent answers that found no server to pass the request on to. */
const nobody = /^(No cluster leader|No known Consul servers|rpc error getting client|.*Raft leader not found)/i;

/** A status that the caller makes nothing of. Consul says 500 to all that concerns its own state. */
export function failureOfStatus(status: number, body: string): Failure {
  const said = body.trim().split("\n", 1)[0]?.slice(0, 200) || `HTTP status ${status}`;
  if (status === 401 || status === 403) return denied(said);
  if (status === 429) return { why: said, refused: false, undone: true };
  if (status >= 500) return { why: said, refused: false, undone: nobody.test(said) };
  return { why: `unexpected answer ${status}: ${said}`, refused: true, undone: true };
}

/** The ACL system said no. */
export const denied = (said: string): Failure => ({
  why: `"${said}": check the token and its policies`,
  refused: true,
  undone: true,
});
