import type { Readable } from "node:stream";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { EngineError } from "../base/errors.ts";
import { toDocker } from "./docker/errors.ts";
import { dockerRoutes } from "./docker/routes.ts";
import { foldKeys } from "./fold-keys.ts";
import { jsonError } from "./json-error.ts";
import { Metrics } from "./native/metrics.ts";
import { nativeRoutes } from "./native/routes.ts";
import type { ApiParts } from "./parts.ts";
import { register, sendJson } from "./route.ts";
import { checkVersion, newestVersion, stripVersion } from "./version.ts";

/** Largest JSON body: a create request with 10,000 published ports is about 1 MB. */
const bodyLimit = 16 * 1024 * 1024;
/** Longest name, id or reference in a path. */
const nameLimit = 4096;

/** The API as a request handler (`app.routing`), not listening. close() ends streams and hijacked connections. */
export function createServer(parts: ApiParts): FastifyInstance {
  const app = fastify({
    bodyLimit,
    rewriteUrl: stripVersion,
    // A path that is no URL or too long, before there is a route.
    frameworkErrors: (error, request, reply) => void answerError(parts, error, request, reply),
    routerOptions: { maxParamLength: nameLimit, ignoreTrailingSlash: true },
    // Values are checked as they are: Docker refuses a string where a number belongs.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allowUnionTypes: true } },
  });
  const closing = new AbortController();
  const metrics = new Metrics(parts);
  app.addHook("preClose", (done) => {
    closing.abort();
    metrics.close();
    done();
  });
  addHooks(app, parts);
  addParsers(app);
  app.setErrorHandler((error, request, reply) => answerError(parts, error, request, reply));
  // Docker answers every OPTIONS with 200 and nothing.
  app.setNotFoundHandler((request, reply) =>
    request.method === "OPTIONS" ? reply.send() : sendJson(reply.code(404), { message: "page not found" }),
  );
  const routes = [...dockerRoutes, ...nativeRoutes(metrics)];
  const observe = (action: string, seconds: number, outcome: string) => metrics.observe(action, seconds, outcome);
  register(app, routes, { parts, closing: closing.signal, observe });
  return app;
}

function addHooks(app: FastifyInstance, { daemon }: ApiParts): void {
  app.addHook("onRequest", (request, reply, done) => {
    void reply.headers({
      "Api-Version": newestVersion,
      "Docker-Experimental": "false",
      Ostype: "linux",
      Server: `Fairlead/${daemon.version} (linux)`,
    });
    checkVersion(request.raw);
    done();
  });
  app.addHook("preValidation", (request, _reply, done) => {
    const { raw, bodyOptional } = request.routeOptions.config as { raw?: boolean; bodyOptional?: boolean };
    const { body } = request.routeOptions.schema ?? {};
    if (!raw && isStream(request.body)) {
      const type = request.headers["content-type"] ?? "none";
      if (body) throw badRequest(`unsupported Content-Type header (${type}): must be 'application/json'`);
      // Nobody looks at it, as in Docker: old clients send an empty one in chunks, of no type, with every request.
      request.body.resume();
      request.body = undefined;
    }
    if (bodyOptional) request.body ??= {};
    if (body && request.body === undefined) {
      throw badRequest("got EOF while reading request body: a JSON object is expected");
    }
    if (body) request.body = foldKeys(body, request.body);
    done();
  });
}

const isStream = (body: unknown): body is Readable =>
  typeof (body as { pipe?: unknown } | undefined)?.pipe === "function";

function badRequest(message: string): Error {
  return Object.assign(new Error(message), { statusCode: 400 });
}

/** JSON is read whole, anything else is left to the route as a stream; no body at all is no error here. */
function addParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    try {
      // Go reads null into a struct as nothing given.
      done(null, body === "" ? undefined : (JSON.parse(body as string) ?? {}));
    } catch (error) {
      done(new SyntaxError(jsonError(body as string), { cause: error }));
    }
  });
  app.addContentTypeParser("*", (request, payload, done) => {
    const empty = request.headers["content-length"] === "0";
    done(null, empty ? undefined : payload);
  });
}

function answerError(parts: ApiParts, error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const { status, message } = describe(error);
  // What the engine refuses is the client's affair, whatever status Docker gives it.
  if (status >= 500 && !(error instanceof EngineError))
    parts.log.error({ err: error, method: request.method, url: request.url }, "request failed");
  else parts.log.debug({ method: request.method, url: request.url, status, message }, "request refused");
  // 304 has no body by definition.
  if (status === 304) return reply.code(status).send();
  return sendJson(reply.code(status), { message });
}

/** Failures of the HTTP layer itself first, then everything else. */
function describe(error: unknown): { status: number; message: string } {
  const { validation, statusCode, code, message } = error as FastifyError;
  if (validation?.[0]) return { status: 400, message: `invalid request: ${schemaMessage(closest(validation))}` };
  if (error instanceof SyntaxError) return { status: 400, message: `invalid JSON: ${message}` };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return { status: 413, message: `request body is too large: at most ${bodyLimit} bytes are accepted` };
  }
  if (code === "FST_ERR_MAX_PARAM_LENGTH")
    return { status: 400, message: `a name in the path is longer than ${nameLimit} bytes` };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return { status: statusCode, message };
  return toDocker(error);
}

/** Of the problems with each form that a value may have, that of the form which fits furthest in. */
const closest = (problems: readonly SchemaProblem[]): SchemaProblem =>
  problems.reduce((best, one) => (depthOf(one) > depthOf(best) ? one : best));
const depthOf = ({ instancePath }: SchemaProblem): number => instancePath.split("/").length;

interface SchemaProblem {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
}

/** `IPAM.Config[0].Subnet must be string`. */
function schemaMessage({ instancePath, keyword, message }: SchemaProblem): string {
  const parts = instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const shown = parts.map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : `${index > 0 ? "." : ""}${part}`));
  // The one pattern that our schemas have is that of schema.ts.
  const why = keyword === "pattern" ? "must not contain a NUL" : message;
  return `${shown.join("") || "body"} ${why ?? "is not valid"}`;
}
