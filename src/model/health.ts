/** How a container's health is asked for (Docker Engine API: HealthConfig). Durations in nanoseconds; 0: the default. */
export interface Healthcheck {
  /** ["NONE"], ["CMD", args...] or ["CMD-SHELL", command]. */
  readonly test: readonly string[];
  readonly intervalNs: number;
  readonly timeoutNs: number;
  readonly startPeriodNs: number;
  readonly startIntervalNs: number;
  readonly retries: number;
}

export interface ProbeResult {
  /** RFC 3339. */
  readonly start: string;
  readonly end: string;
  /** 0 healthy, anything else not. */
  readonly exitCode: number;
  /** The first 4096 bytes. */
  readonly output: string;
}

/** State.Health of a container that has a health check. */
export interface Health {
  readonly status: "starting" | "healthy" | "unhealthy";
  readonly failingStreak: number;
  /** The last five, oldest first. */
  readonly log: readonly ProbeResult[];
}
