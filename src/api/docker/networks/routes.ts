import { Type } from "@sinclair/typebox";
import { EngineError, invalid } from "../../../base/errors.ts";
import { flagWords } from "../../../base/flags.ts";
import type { Filters } from "../../../engine/engine.ts";
import { momentOf } from "../../../engine/filter-values.ts";
import { FilterError } from "../../query.ts";
import { type Route, reply, route } from "../../route.ts";
import { field, flag, text } from "../../schema.ts";
import { networkCreateBody, networkRequest } from "./create-body.ts";
import { endpointBody, endpointSettings } from "./endpoint-body.ts";
import { networkJson } from "./inspect-json.ts";

const connectBody = Type.Object({ Container: field(text), EndpointConfig: field(endpointBody) });
const disconnectBody = Type.Object({ Container: field(text), Force: field(flag) });

/** Docker Engine API: Network. */
export const networkRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/networks",
    summary: "List networks",
    handle({ engine, query, version }) {
      const filters = checked(query.filters(["dangling", "driver", "id", "label", "name", "scope", "type"]));
      return reply(
        200,
        engine.networks.list(filters).map((view) => networkJson(view, { containers: version < 28 })),
      );
    },
  }),
  route({
    method: "GET",
    path: "/networks/:id",
    summary: "Inspect a network",
    handle({ engine, params, query }) {
      const reference = params["id"] ?? "";
      const view = engine.networks.inspect(reference);
      const verbose = query.text("verbose");
      if (verbose !== "" && !flagWords.includes(verbose))
        throw invalid('query parameter "verbose"', `"${verbose}" is neither true nor false`);
      const scope = query.text("scope");
      if (scope !== "" && scope !== view.network.scope)
        throw new EngineError("NETWORK_NOT_FOUND", { network: reference });
      return reply(200, networkJson(view, { containers: true }));
    },
  }),
  route({
    method: "POST",
    path: "/networks/create",
    summary: "Create a network",
    action: "network_create",
    body: networkCreateBody,
    async handle({ engine, body, version }) {
      const { id, warning } = await engine.networks.create(networkRequest(body, version));
      return reply(201, { Id: id, Warning: warning });
    },
  }),
  route({
    method: "DELETE",
    path: "/networks/:id",
    summary: "Remove a network",
    action: "network_remove",
    async handle({ engine, params }) {
      await engine.networks.remove(params["id"] ?? "");
      return reply(204);
    },
  }),
  route({
    method: "POST",
    path: "/networks/:id/connect",
    summary: "Connect a container to a network",
    action: "network_connect",
    body: connectBody,
    async handle({ engine, params, body }) {
      const network = params["id"] ?? "";
      const settings = endpointSettings(network, body.EndpointConfig ?? {}, { gwPriority: true });
      await engine.networks.connect(network, container(body.Container), settings);
      return reply(200);
    },
  }),
  route({
    method: "POST",
    path: "/networks/:id/disconnect",
    summary: "Disconnect a container from a network",
    action: "network_disconnect",
    body: disconnectBody,
    async handle({ engine, params, body }) {
      await engine.networks.disconnect(params["id"] ?? "", container(body.Container), { force: body.Force ?? false });
      return reply(200);
    },
  }),
  route({
    method: "POST",
    path: "/networks/prune",
    summary: "Remove the networks nobody uses",
    action: "network_prune",
    bodyOptional: true,
    async handle({ engine, query }) {
      const filters = query.filters(["until", "label", "label!"]);
      const { until = [] } = filters;
      if (until.length > 1) throw new FilterError("more than one until filter specified");
      until.forEach(momentOf); // also when there is nothing to compare it with
      const removed = await engine.networks.prune(filters);
      // null is Go's empty list.
      return reply(200, { NetworksDeleted: removed.length > 0 ? removed : null });
    },
  }),
];

function container(reference: string | null | undefined): string {
  if (reference) return reference.replace(/^\//, "");
  throw invalid("Container", "it is empty; give a container's name or id");
}

/** Values that Docker checks; the other filters take any text. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  dangling: flagWords,
  type: ["custom", "builtin"],
};

function checked(filters: Filters): Filters {
  for (const [key, values] of Object.entries(filters)) {
    const wrong = values.find((value) => allowed[key] && !allowed[key].includes(value));
    if (key === "dangling" && values.length > 1)
      throw new FilterError(`invalid filter 'dangling=[${values.join(" ")}]'`);
    if (wrong !== undefined) throw new FilterError(`invalid filter '${key}=${wrong}': use ${allowed[key]?.join(", ")}`);
  }
  return filters;
}
