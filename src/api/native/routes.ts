import type { Route } from "../route.ts";
import { clusterRoutes } from "./cluster.ts";
import { hostRoutes } from "./hosts.ts";
import { type Metrics, metricsRoutes } from "./metrics.ts";
import { openApiRoutes } from "./openapi.ts";
import { portRoutes } from "./ports.ts";
import { repairRoutes } from "./repair.ts";
import { resetRoutes } from "./reset.ts";

/** What Docker does not have. */
export function nativeRoutes(metrics: Metrics): readonly Route[] {
  const described = [...repairRoutes, ...portRoutes, ...hostRoutes, ...clusterRoutes, ...resetRoutes];
  return [...described, ...openApiRoutes(described), ...metricsRoutes(metrics)];
}
