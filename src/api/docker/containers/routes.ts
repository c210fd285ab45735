import { EngineError, type ErrorCode } from "../../../base/errors.ts";
import type { Filters } from "../../../engine/engine.ts";
import { parsePlatform } from "../../../model/platform.ts";
import { FilterError } from "../../query.ts";
import { type Call, type Route, reply, route } from "../../route.ts";
import { containerCreateBody } from "./create-body.ts";
import { containerName, containerRequest } from "./create-request.ts";
import { ancestorIds, imageNames } from "./image-names.ts";
import { containerJson } from "./inspect-json.ts";
import { containerSummary, sizedSummaries, sizeJson } from "./summary-json.ts";

/** A container as a path names it; Docker shows names with a slash in front and takes them back so. */
export const containerOf = (call: Call<unknown>): string => (call.params["id"] ?? "").replace(/^\//, "");

const listFilters = [
  "ancestor",
  "before",
  "expose",
  "exited",
  "health",
  "id",
  "is-task",
  "label",
  "name",
  "network",
  "publish",
  "since",
  "status",
  "volume",
];
const statuses = ["created", "running", "paused", "restarting", "removing", "exited", "dead"];

/** Docker Engine API: Container, except for its streams. */
export const containerRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/containers/json",
    summary: "List containers",
    async handle(call) {
      const { engine, query, version } = call;
      const asked = checked(query.filters(listFilters));
      const { ancestor } = asked;
      const filters = ancestor ? { ...asked, ancestor: ancestorIds(call.images, ancestor) } : asked;
      const limit = query.integer("limit");
      // Docker: a status filter and a limit look at containers that do not run, too.
      const all = query.flag("all") || "status" in filters || "exited" in filters || (limit ?? 0) > 0;
      const views = engine.containers.list({ all, filters, ...(limit !== undefined && limit > 0 ? { limit } : {}) });
      if (query.flag("size")) return reply(200, await sizedSummaries(call, views));
      const options = { version, now: Date.now(), imageName: imageNames(call.images) };
      return reply(
        200,
        views.map((view) => containerSummary(view, options)),
      );
    },
  }),
  route({
    method: "GET",
    path: "/containers/:id/json",
    summary: "Inspect a container",
    async handle(call) {
      const view = call.engine.containers.inspect(containerOf(call));
      const size = call.query.flag("size") ? sizeJson(await call.images.containerSizes()(view.container)) : {};
      const { engine, version } = call;
      const overlay = engine.containers.overlay(view.container.id);
      const facts = { version, host: engine.hostConfinement(), overlay };
      return reply(200, { ...containerJson(view, facts), ...size });
    },
  }),
  route({
    method: "POST",
    path: "/containers/create",
    summary: "Create a container",
    action: "container_create",
    body: containerCreateBody,
    async handle({ engine, body, query, version }) {
      try {
        const platform = query.text("platform");
        const { request, warnings } = containerRequest(engine, body, { name: query.text("name"), version });
        const asked = platform === "" || version < 41 ? {} : { platform: parsePlatform(platform) };
        const created = await engine.containers.create({ ...request, ...asked });
        return reply(201, { Id: created.id, Warnings: [...created.warnings, ...warnings] });
      } catch (error) {
        throw onlyImagesMissing(error);
      }
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/stop",
    summary: "Stop a container",
    action: "container_stop",
    async handle(call) {
      const signal = call.query.text("signal");
      await call.engine.containers.stop(containerOf(call), { ...timeout(call), ...(signal ? { signal } : {}) });
      return reply(204);
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/restart",
    summary: "Restart a container",
    action: "container_restart",
    async handle(call) {
      await call.engine.containers.restart(containerOf(call), timeout(call));
      return reply(204);
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/kill",
    summary: "Send a signal to a container",
    action: "container_kill",
    async handle(call) {
      await call.engine.containers.kill(containerOf(call), call.query.text("signal") || "SIGKILL");
      return reply(204);
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/rename",
    summary: "Rename a container",
    async handle(call) {
      const name = containerName(call.query.text("name"));
      if (name === "")
        throw new EngineError("INVALID", { what: "container name", why: "Neither old nor new names may be empty" });
      await call.engine.containers.rename(containerOf(call), name);
      return reply(204);
    },
  }),
  route({
    method: "DELETE",
    path: "/containers/:id",
    summary: "Remove a container",
    action: "container_remove",
    async handle(call) {
      if (call.query.flag("link")) {
        const why = "cannot remove the default link name of the container: say CONTAINER/ALIAS";
        throw new EngineError("CONTAINER_CONFLICT", { why });
      }
      const { query } = call;
      const options = { force: query.flag("force"), volumes: query.flag("v") };
      await call.engine.containers.remove(containerOf(call), options);
      return reply(204);
    },
  }),
  route({
    method: "DELETE",
    path: "/containers/:id/:alias",
    summary: "Remove a link",
    async handle(call) {
      const { id = "", alias = "" } = call.params;
      if (!call.query.flag("link")) throw new EngineError("CONTAINER_NOT_FOUND", { container: `${id}/${alias}` });
      await call.engine.containers.unlink(id, alias);
      return reply(204);
    },
  }),
  route({
    method: "POST",
    path: "/containers/prune",
    summary: "Remove the containers that do not run",
    bodyOptional: true,
    async handle({ engine, query }) {
      const { removed, reclaimedBytes } = await engine.containers.prune(query.filters(["until", "label", "label!"]));
      return reply(200, { ContainersDeleted: removed.length > 0 ? removed : null, SpaceReclaimed: reclaimedBytes });
    },
  }),
];

/**
 * 404 means one thing to a docker client that creates: the image is missing, and it goes to pull it and reports that
 * instead. A network or container that is missing is a fault of the request.
 */
function onlyImagesMissing(error: unknown): unknown {
  const about: readonly ErrorCode[] = ["NETWORK_NOT_FOUND", "CONTAINER_NOT_FOUND", "VOLUME_DRIVER_NOT_FOUND"];
  if (!(error instanceof EngineError) || !about.includes(error.code)) return error;
  return new EngineError("INVALID", { what: "container configuration", why: error.message }, { cause: error });
}

/** The longest a Node timer can wait, in whole seconds: 2^31 - 1 ms, or 24 days. */
const longestWaitSeconds = 2_147_483;

/** `t` in seconds; -1 waits for ever. */
function timeout({ query }: Call<unknown>): { timeoutSeconds?: number } {
  const seconds = query.integer("t");
  if (seconds === undefined) return {};
  return { timeoutSeconds: seconds < 0 ? longestWaitSeconds : Math.min(seconds, longestWaitSeconds) };
}

function checked(filters: Filters): Filters {
  const wrong = filters["status"]?.find((status) => !statuses.includes(status));
  if (wrong !== undefined) {
    throw new FilterError(`invalid value for state (${wrong}): must be one of ${statuses.join(", ")}`);
  }
  return filters;
}
