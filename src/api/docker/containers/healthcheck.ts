import { type Static, Type } from "@sinclair/typebox";
import { EngineError } from "../../../base/errors.ts";
import type { ContainerState } from "../../../model/container.ts";
import type { Healthcheck } from "../../../model/health.ts";
import { field, integer, texts } from "../../schema.ts";

/** Docker's HealthConfig; durations in nanoseconds. */
export const healthcheckBody = Type.Object({
  Test: field(texts),
  Interval: field(integer),
  Timeout: field(integer),
  StartPeriod: field(integer),
  StartInterval: field(integer),
  Retries: field(integer),
});

const shortestNs = 1e6;

/** The field of a container's configuration, refused as Docker does (moby: validateHealthCheck). */
export function healthcheckOf(
  body: Static<typeof healthcheckBody> | null | undefined,
  version: number,
): { healthcheck?: Healthcheck } {
  if (!body) return {};
  for (const key of ["Interval", "Timeout", "StartPeriod", "StartInterval"] as const) {
    const value = body[key] ?? 0;
    if (value !== 0 && value < shortestNs) throw refused(`${key} in Healthcheck cannot be less than 1ms`);
  }
  if ((body.Retries ?? 0) < 0) throw refused("Retries in Healthcheck cannot be negative");
  return {
    healthcheck: {
      test: body.Test ?? [],
      intervalNs: body.Interval ?? 0,
      timeoutNs: body.Timeout ?? 0,
      startPeriodNs: body.StartPeriod ?? 0,
      // Before 1.44 there was no such field, and what was sent under its name was ignored.
      startIntervalNs: version < 44 ? 0 : (body.StartInterval ?? 0),
      retries: body.Retries ?? 0,
    },
  };
}

const refused = (why: string): EngineError<"REFUSED"> => new EngineError("REFUSED", { why });

/** Config.Healthcheck of inspect: what was given; zeros are left out. */
export function healthcheckJson({ test, ...times }: Healthcheck) {
  const { intervalNs, timeoutNs, startPeriodNs, startIntervalNs, retries } = times;
  const entries = Object.entries({
    Interval: intervalNs,
    Timeout: timeoutNs,
    StartPeriod: startPeriodNs,
    StartInterval: startIntervalNs,
    Retries: retries,
  });
  return {
    ...(test.length > 0 ? { Test: test } : {}),
    ...Object.fromEntries(entries.filter(([, value]) => value !== 0)),
  };
}

/** State.Health of inspect; absent without a check. */
export function healthJson({ health }: ContainerState) {
  if (!health) return {};
  const log = health.log.map(({ start, end, exitCode, output }) => ({
    ...{ Start: start, End: end, ExitCode: exitCode, Output: output },
  }));
  return { Health: { Status: health.status, FailingStreak: health.failingStreak, Log: log } };
}
