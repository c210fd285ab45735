import type { Route } from "../route.ts";
import { type Metrics, metricsRoutes } from "./metrics.ts";
import { openApiRoutes } from "./openapi.ts";
import { portRoutes } from "./ports.ts";
import { repairRoutes } from "./repair.ts";

/** What Docker does not have. */
export function nativeRoutes(metrics: Metrics): readonly Route[] {
  const described = [...repairRoutes, ...portRoutes];
  return [...described, ...openApiRoutes(described), ...metricsRoutes(metrics)];
}
