import { EngineError } from "../../base/errors.ts";
import { type Route, route } from "../route.ts";

const noSwarm = "this daemon is no member of a swarm, and networks are local to their host";
const noBuild = "build elsewhere (docker build, podman build), then: docker save NAME | docker -H THIS load";
const noPlugins = "start the plugin yourself, and use it by the name of its socket in /run/docker/plugins";

type Refusal = readonly [
  method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD",
  path: string,
  what: string,
  instead: string,
];

/** Routes of the Docker Engine API that are not offered: 501 with a sentence, where an unknown path gets 404. */
const refusals: readonly Refusal[] = [
  ...every(
    ["GET", "POST", "DELETE"],
    ["/swarm", "/swarm/*", "/services", "/services/*", "/nodes", "/nodes/*"],
    "swarm",
    noSwarm,
  ),
  ...every(
    ["GET", "POST", "DELETE"],
    ["/tasks", "/tasks/*", "/secrets", "/secrets/*", "/configs", "/configs/*"],
    "swarm",
    noSwarm,
  ),
  ...every(["POST", "DELETE"], ["/plugins/*"], "managing plugins", noPlugins),
  ...every(["GET"], ["/plugins/privileges"], "managing plugins", noPlugins),
  ...every(["POST"], ["/build", "/build/*", "/session", "/grpc"], "building images", noBuild),
];

function every(methods: readonly Refusal[0][], paths: readonly string[], what: string, instead: string): Refusal[] {
  return paths.flatMap((path) => methods.map((method): Refusal => [method, path, what, instead]));
}

export const refusedRoutes: readonly Route[] = refusals.map(([method, path, what, instead]) =>
  route({
    method,
    path,
    summary: `Not offered: ${what}`,
    // Bodies of these are archives as often as JSON; nothing is read.
    body: "raw",
    handle() {
      throw new EngineError("NOT_SUPPORTED", { what, instead });
    },
  }),
);
