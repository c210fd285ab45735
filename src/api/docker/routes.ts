import type { Route } from "../route.ts";
import { archiveRoutes } from "./containers/archive.ts";
import { containerRoutes } from "./containers/routes.ts";
import { containerStateRoutes } from "./containers/state-routes.ts";
import { statsRoutes } from "./containers/stats/routes.ts";
import { containerStreamRoutes } from "./containers/streams.ts";
import { updateRoutes } from "./containers/update.ts";
import { execRoutes } from "./exec/routes.ts";
import { commitRoutes } from "./images/commit.ts";
import { registryRoutes } from "./images/registry-routes.ts";
import { imageRoutes } from "./images/routes.ts";
import { networkRoutes } from "./networks/routes.ts";
import { pluginRoutes } from "./plugins/routes.ts";
import { refusedRoutes } from "./refused.ts";
import { diskUsageRoutes } from "./system/disk-usage.ts";
import { eventRoutes } from "./system/events.ts";
import { systemRoutes } from "./system/routes.ts";
import { volumeRoutes } from "./volumes/routes.ts";

/** Everything that is served under Docker's paths. */
export const dockerRoutes: readonly Route[] = [
  ...systemRoutes,
  ...networkRoutes,
  ...containerRoutes,
  ...archiveRoutes,
  ...containerStateRoutes,
  ...containerStreamRoutes,
  ...statsRoutes,
  ...updateRoutes,
  ...execRoutes,
  ...eventRoutes,
  ...imageRoutes,
  ...commitRoutes,
  ...diskUsageRoutes,
  ...registryRoutes,
  ...pluginRoutes,
  ...volumeRoutes,
  ...refusedRoutes,
];
