import type { Route } from "../route.ts";
import { containerStreamRoutes } from "./container-streams.ts";
import { containerRoutes } from "./containers.ts";
import { eventRoutes } from "./events.ts";
import { execRoutes } from "./exec.ts";
import { imageRoutes } from "./images.ts";
import { networkRoutes } from "./networks.ts";
import { refusedRoutes } from "./refused.ts";
import { systemRoutes } from "./system.ts";

/** Everything that is served under Docker's paths. */
export const dockerRoutes: readonly Route[] = [
  ...systemRoutes,
  ...networkRoutes,
  ...containerRoutes,
  ...containerStreamRoutes,
  ...execRoutes,
  ...eventRoutes,
  ...imageRoutes,
  ...refusedRoutes,
];
