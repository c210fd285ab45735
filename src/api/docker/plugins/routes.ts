import { type Route, reply, route } from "../../route.ts";

/** Docker Engine API: Plugin. Managed ones only, and there are none: see refused.ts for installing them. */
export const pluginRoutes: readonly Route[] = [
  route({ method: "GET", path: "/plugins", summary: "List managed plugins", handle: () => reply(200, []) }),
  route({
    method: "GET",
    path: "/plugins/:name/json",
    summary: "Inspect a managed plugin",
    handle: ({ params }) => reply(404, { message: `plugin "${params["name"] ?? ""}" not found` }),
  }),
];
