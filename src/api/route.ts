import type { Static, TSchema } from "@sinclair/typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { cutWhenStalled } from "./cut-stalled.ts";
import type { ApiParts } from "./parts.ts";
import { Query } from "./query.ts";
import { type ApiVersion, versionOf } from "./version.ts";

/** One request as a handler sees it. */
export interface Call<Body = unknown> extends ApiParts {
  readonly body: Body;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly version: ApiVersion;
  /** Aborted when the client goes away or the server closes. */
  readonly signal: AbortSignal;
  /** Counts it as failed though its status is 200: the body tells of a failure. */
  readonly failed: () => void;
  /** For what writes to the connection itself: streams and hijacked connections. */
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface Reply {
  readonly status: number;
  /** undefined: an empty body. A string is sent as text/plain, bytes as the headers say. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a handler returns when it has taken over the connection. */
export const takenOver = Symbol("taken over");
export type Outcome = Reply | typeof takenOver;

export const reply = (status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  body,
  headers,
});

export interface RouteSpec<Body extends TSchema> {
  readonly method: "GET" | "HEAD" | "POST" | "DELETE" | "PUT";
  readonly path: string;
  readonly summary: string;
  /** Checks and types the JSON body. `"raw"`: the body is a stream, `request.body`. */
  readonly body?: Body | "raw";
  /** No body at all is fine too; the handler then sees {}. */
  readonly bodyOptional?: boolean;
  /** Query parameters, for the printed description: name to what it does. */
  readonly query?: Readonly<Record<string, string>>;
  /** Status to schema of the answer, for the printed description of own routes. */
  readonly replies?: Readonly<Record<number, TSchema>>;
  /** Name in the duration metric: "network_create". Absent: not measured. */
  readonly action?: string;
  handle(call: Call<Static<Body>>): Outcome | Promise<Outcome>;
}

/** A route with its body type forgotten, as lists hold it. */
export type Route = Omit<RouteSpec<TSchema>, "handle"> & { handle(call: Call<never>): Outcome | Promise<Outcome> };

/** Ties the type of `call.body` to the schema that has checked it. */
export const route = <Body extends TSchema>(spec: RouteSpec<Body>): Route => spec as Route;

export interface Registrar {
  readonly parts: ApiParts;
  readonly closing: AbortSignal;
  /** Called with how long an action took and whether it failed. */
  observe(action: string, seconds: number, outcome: "ok" | "error"): void;
}

/** Adds routes to the server. */
export function register(app: FastifyInstance, routes: readonly Route[], registrar: Registrar): void {
  for (const one of routes) {
    app.route({
      method: one.method,
      url: one.path,
      exposeHeadRoute: false,
      config: { raw: one.body === "raw", bodyOptional: one.bodyOptional === true },
      ...(one.body !== undefined && one.body !== "raw" ? { schema: { body: one.body } } : {}),
      handler: (request, raw) => run(one, request, raw, registrar),
    });
  }
}

async function run(one: Route, request: FastifyRequest, raw: FastifyReply, registrar: Registrar) {
  const started = performance.now();
  const measure = (outcome: "ok" | "error") => {
    if (one.action) registrar.observe(one.action, (performance.now() - started) / 1000, outcome);
  };
  let result: "ok" | "error" = "ok";
  const failed = () => {
    result = "error";
  };
  try {
    const call = { ...callOf(request, raw, registrar), failed };
    const sending = () => !request.raw.complete && request.raw.readableLength === 0;
    using _guard = one.body === "raw" ? cutWhenStalled(call, sending) : undefined;
    const outcome = await one.handle(call as Call<never>);
    measure(result);
    return outcome === takenOver ? raw : send(raw, outcome);
  } catch (error) {
    measure("error");
    throw error;
  }
}

function callOf(request: FastifyRequest, raw: FastifyReply, registrar: Registrar): Omit<Call, "failed"> {
  const gone = new AbortController();
  raw.raw.once("close", () => gone.abort());
  return {
    ...registrar.parts,
    body: request.body ?? {},
    params: request.params as Record<string, string>,
    query: new Query(request.query),
    version: versionOf(request.raw),
    signal: AbortSignal.any([gone.signal, registrar.closing]),
    request,
    reply: raw,
  };
}

function send(raw: FastifyReply, { status, body, headers }: Reply) {
  raw.code(status).headers(headers ?? {});
  if (body === undefined) return raw.send();
  if (Buffer.isBuffer(body)) return raw.send(body);
  // Docker's clients compare media types as text, and Fastify would add a charset to that of a string.
  if (typeof body === "string") return raw.send(headers?.["Content-Type"] ? Buffer.from(body) : body);
  return sendJson(raw, body);
}

/** JSON with the bare media type: Docker's clients compare it as text, and Fastify would add a charset to a string. */
export function sendJson(raw: FastifyReply, body: unknown): FastifyReply {
  return raw.header("Content-Type", "application/json").send(Buffer.from(JSON.stringify(body)));
}
