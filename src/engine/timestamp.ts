let last = 0n;

/** Nanoseconds since the epoch by the system's clock, made strictly increasing within the process. */
export function nowNano(): bigint {
  const now = BigInt(Date.now()) * 1_000_000n;
  last = now > last ? now : last + 1n;
  return last;
}

/** RFC 3339 in UTC with nanoseconds, as Docker writes times. */
export function timestamp(nano: bigint = nowNano()): string {
  const seconds = new Date(Number(nano / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${(nano % 1_000_000_000n).toString().padStart(9, "0")}Z`;
}
