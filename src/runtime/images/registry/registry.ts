import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { EngineError } from "../../../base/errors.ts";
import type { RegistryCredentials } from "../../../contracts/images.ts";
import { authorize } from "./authorize.ts";
import { type Challenge, parseChallenge } from "./challenge.ts";
import type { Endpoint } from "./endpoints.ts";
import { bodyOf, send } from "./http.ts";
import { RegistryError } from "./registry-error.ts";

export interface Ask {
  readonly method: string;
  /** A path below the registry, or a whole URL that it gave. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called again when the request is. */
  readonly body?: () => Buffer | Readable;
}

const mostRedirects = 5;

/** One registry as seen by one client: who it is, and how it wants to be told (distribution-spec, HTTP API V2). */
export class Registry {
  /** Host and port, for messages. */
  readonly name: string;
  readonly #endpoint: Endpoint;
  readonly #credentials: RegistryCredentials;
  readonly #scope: string;
  readonly #signal: AbortSignal;
  #base: string | undefined;
  #challenge: Challenge | undefined;
  #authorization: string | undefined;

  /** `scope`: what is asked for, "repository:team/app:pull". */
  constructor(
    name: string,
    endpoint: Endpoint,
    options: { readonly credentials: RegistryCredentials; readonly scope: string; readonly signal: AbortSignal },
  ) {
    this.name = name;
    this.#endpoint = endpoint;
    this.#credentials = options.credentials;
    this.#scope = options.scope;
    this.#signal = options.signal;
  }

  /** The same, with what is known of it, for work that ends with another signal. */
  during(signal: AbortSignal): Registry {
    const [credentials, scope] = [this.#credentials, this.#scope];
    const copy = new Registry(this.name, this.#endpoint, { credentials, scope, signal });
    copy.#base = this.#base;
    copy.#challenge = this.#challenge;
    copy.#authorization = this.#authorization;
    return copy;
  }

  /** Asks whether it is there and who we are to it; throws REGISTRY_UNAUTHORIZED for wrong credentials. */
  async ping(): Promise<void> {
    (await this.ask({ method: "GET", path: "/v2/" })).resume();
  }

  async document(ask: Ask): Promise<{ bytes: Buffer; answer: IncomingMessage }> {
    const answer = await this.ask(ask);
    return { bytes: await bodyOf(answer), answer };
  }

  /** The answer of a request that succeeded, its body unread; anything else is an error. */
  async ask(ask: Ask): Promise<IncomingMessage> {
    const url = new URL(ask.path, `${await this.#connect()}/`);
    const first = await this.#send(ask, url, this.#authorization);
    // Who else refuses us has no say in where our credentials go.
    if (first.answer.statusCode !== 401 || !first.atHome) return this.#check(first.answer);
    const refused = parseChallenge(first.answer.headers["www-authenticate"]) ?? this.#challenge;
    await bodyOf(first.answer);
    await this.#authorize(refused);
    return this.#check((await this.#send(ask, url, this.#authorization)).answer);
  }

  async #authorize(challenge: Challenge | undefined): Promise<void> {
    const why = "authentication required";
    if (!challenge) throw new EngineError("REGISTRY_UNAUTHORIZED", { registry: this.name, why });
    const options = { registry: this.name, credentials: this.#credentials, signal: this.#signal };
    const scope = this.#scope || challenge.scope;
    const value = await authorize(challenge, scope, { ...options, insecure: this.#endpoint.insecure });
    if (value === undefined)
      throw new EngineError("REGISTRY_UNAUTHORIZED", { registry: this.name, why: "no basic auth credentials" });
    this.#authorization = value;
  }

  /** The first URL that answers. */
  async #connect(): Promise<string> {
    if (this.#base) return this.#base;
    const failures: unknown[] = [];
    for (const base of this.#endpoint.urls) {
      try {
        const url = new URL("/v2/", base);
        const answer = await send({ method: "GET", url, headers: {}, ...this.#how() });
        await bodyOf(answer);
        this.#challenge = parseChallenge(answer.headers["www-authenticate"]);
        if (this.#challenge && answer.statusCode === 401) await this.#preauthorize(this.#challenge);
        this.#base = base;
        return base;
      } catch (cause) {
        if (cause instanceof EngineError || this.#signal.aborted) throw cause;
        failures.push(cause);
      }
    }
    const why = failures.map((one) => reasonOf(one)).join("; ");
    throw new EngineError("REGISTRY_AWAY", { registry: this.name, why }, { cause: failures.at(-1) });
  }

  /** A token for the whole work, so that no upload is sent twice. */
  async #preauthorize(challenge: Challenge): Promise<void> {
    if (challenge.scheme === "basic" && !this.#credentials.username) return; // what is public is not refused
    await this.#authorize(challenge);
  }

  /** `atHome`: the registry itself answered. */
  async #send(
    ask: Ask,
    url: URL,
    authorization: string | undefined,
  ): Promise<{ answer: IncomingMessage; atHome: boolean }> {
    const home = new URL(this.#base ?? url).origin;
    let at = url;
    for (let count = 0; ; count += 1) {
      // Storage that a registry sends clients to, at once or by a redirect, has its own signature in the URL.
      const atHome = at.origin === home;
      const known = authorization && atHome ? { Authorization: authorization } : {};
      const body = ask.body?.();
      const request = { method: ask.method, url: at, headers: { ...ask.headers, ...known }, ...this.#how() };
      const answer = await this.#reach({ ...request, ...(body ? { body } : {}) });
      const { location } = answer.headers;
      const moved = [301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) && location !== undefined;
      if (!moved || count >= mostRedirects) return { answer, atHome };
      answer.resume();
      at = new URL(location, at);
    }
  }

  async #reach(request: Parameters<typeof send>[0]): Promise<IncomingMessage> {
    try {
      return await send(request);
    } catch (cause) {
      if (this.#signal.aborted || cause instanceof EngineError) throw cause;
      throw new EngineError("REGISTRY_AWAY", { registry: this.name, why: reasonOf(cause) }, { cause });
    }
  }

  #how() {
    return { insecure: this.#endpoint.insecure, signal: this.#signal };
  }

  async #check(answer: IncomingMessage): Promise<IncomingMessage> {
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    throw RegistryError.from(this.name, status, await bodyOf(answer));
  }
}

function reasonOf(error: unknown): string {
  const { errors, message, code } = error as AggregateError & { code?: string };
  if (Array.isArray(errors) && errors.length > 0) return errors.map(reasonOf).join(", ");
  return message || code || "it cannot be reached";
}
