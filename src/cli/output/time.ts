/** A time as Go prints it in UTC: "2026-01-02 03:04:05.678 +0000 UTC". */
export const formatUtc = (rfc3339: string): string =>
  `${rfc3339
    .replace("T", " ")
    .replace(/(\.\d*?)0*Z$/, "$1Z")
    .replace(/\.?Z$/, "")} +0000 UTC`;

/** Seconds since the epoch, in the local zone: "2026-01-02 03:04:05 +0000 UTC". */
export const formatSeconds = (seconds: number): string => formatUtc(new Date(seconds * 1000).toISOString());
