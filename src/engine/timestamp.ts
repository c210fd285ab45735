const anchor = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();

/** Wall clock in nanoseconds since the epoch, strictly monotonic within the process. */
export const nowNano = (): bigint => anchor + process.hrtime.bigint();

/** RFC 3339 in UTC with nanoseconds, as Docker writes times. */
export function timestamp(nano: bigint = nowNano()): string {
  const seconds = new Date(Number(nano / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${(nano % 1_000_000_000n).toString().padStart(9, "0")}Z`;
}
