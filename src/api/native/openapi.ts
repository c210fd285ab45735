import type { TSchema } from "@sinclair/typebox";
import { type Route, reply, route } from "../route.ts";

/** GET /fairlead/openapi.json: the own routes, described by the schemas that check them. */
export function openApiRoutes(described: readonly Route[]): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/fairlead/openapi.json",
      summary: "This description",
      handle: ({ daemon }) => reply(200, openApi(described, daemon.version)),
    }),
  ];
}

/** An OpenAPI 3.1 document, whose schemas are JSON Schema 2020-12, as TypeBox writes them. */
export function openApi(routes: readonly Route[], version: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const one of routes) {
    const path = one.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [one.method.toLowerCase()]: operation(one) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Fairlead", version, description: "What Fairlead offers beyond the Docker Engine API." },
    paths,
  };
}

function operation({ path, summary, body, bodyOptional, query, replies }: Route) {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) =>
    parameter(name ?? "", "path", "name, id or unique id prefix"),
  );
  const inQuery = Object.entries(query ?? {}).map(([name, about]) => parameter(name, "query", about));
  const hasBody = body !== undefined && body !== "raw";
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(hasBody ? { requestBody: { required: bodyOptional !== true, content: json(body) } } : {}),
    responses: Object.fromEntries(
      Object.entries(replies ?? {}).map(([status, schema]) => [status, response(status, schema)]),
    ),
  };
}

function parameter(name: string, where: "path" | "query", description: string) {
  return { name, in: where, required: where === "path", description, schema: { type: "string" } };
}

const json = (schema: TSchema) => ({ "application/json": { schema } });

function response(status: string, schema: TSchema) {
  const description = status.startsWith("2") ? "Done" : "The reason it was not done";
  return { description, content: json(schema) };
}
