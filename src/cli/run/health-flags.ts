import { flag, integer, type OptionValues, text } from "../command/options.ts";
import { badValue, ExitError } from "../errors.ts";
import { parseDuration } from "../output/duration.ts";

/** Flags of run and create about the container's health. */
export const healthFlags = {
  healthCmd: text({ about: "command that tells, in the container's shell, whether it is healthy" }),
  healthInterval: text({ about: "between two checks, such as 30s (default)" }),
  healthRetries: integer({ about: "failures in a row that make it unhealthy (default 3)" }),
  healthStartInterval: text({ about: "between two checks in the start period (default 5s)" }),
  healthStartPeriod: text({ about: "how long failures do not count while it starts" }),
  healthTimeout: text({ about: "that one check may take (default 30s)" }),
  noHealthcheck: flag({ about: "do not make the checks that the image asks for" }),
} as const;

type Flags = OptionValues<typeof healthFlags>;

/** Docker's HealthConfig of the flags; nothing when none was given. */
export function healthConfig(flags: Flags): object {
  const times = {
    Interval: nanoseconds("--health-interval", flags.healthInterval),
    Timeout: nanoseconds("--health-timeout", flags.healthTimeout),
    StartPeriod: nanoseconds("--health-start-period", flags.healthStartPeriod),
    StartInterval: nanoseconds("--health-start-interval", flags.healthStartInterval),
    Retries: flags.healthRetries,
  };
  const given = Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined));
  const asksForChecks = flags.healthCmd !== "" || Object.keys(given).length > 0;
  if (flags.noHealthcheck && asksForChecks) {
    throw new ExitError(125, "--no-healthcheck conflicts with --health-* options");
  }
  if (flags.noHealthcheck) return { Healthcheck: { Test: ["NONE"] } };
  const test = flags.healthCmd === "" ? {} : { Test: ["CMD-SHELL", flags.healthCmd] };
  return asksForChecks ? { Healthcheck: { ...test, ...given } } : {};
}

function nanoseconds(name: string, value: string): number | undefined {
  if (value === "") return undefined;
  const ms = parseDuration(value);
  if (ms === undefined) throw badValue(name, value, "it is no duration such as 30s or 1m30s");
  return Math.round(ms * 1e6);
}
