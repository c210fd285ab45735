/** Docker's words for a duration: below these limits in seconds, in this unit. */
const units = [
  { below: 60, unit: 1, name: "seconds", one: "1 second" },
  { below: 3600, unit: 60, name: "minutes", one: "About a minute" },
  // Hours are rounded, the others are cut off.
  { below: 48 * 3600, unit: 3600, name: "hours", one: "About an hour" },
  { below: 14 * 86_400, unit: 86_400, name: "days", one: undefined },
  { below: 60 * 86_400, unit: 7 * 86_400, name: "weeks", one: undefined },
  { below: 730 * 86_400, unit: 30 * 86_400, name: "months", one: undefined },
  { below: Number.POSITIVE_INFINITY, unit: 365 * 86_400, name: "years", one: undefined },
] as const;

/** "3 minutes", "About an hour", "Less than a second". */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 1) return "Less than a second";
  const { unit, name, one } = units.find(({ below }) => seconds < below) ?? units[0];
  const count = name === "hours" ? Math.floor(seconds / unit + 0.5) : Math.floor(seconds / unit);
  return count === 1 && one ? one : `${count} ${name}`;
}

/** A time on the command line as the API takes it: RFC 3339, seconds since the epoch, or a duration ago ("42m", "1h30m"). */
export function parseTime(text: string, now: number): string {
  if (text === "" || /^-?\d+(\.\d+)?$/.test(text)) return text;
  const ago = parseDuration(text);
  if (ago !== undefined) return formatSeconds(now - ago);
  const at = Date.parse(hasZone(text) ? text : `${text}Z`);
  if (Number.isNaN(at))
    throw new Error(`invalid time "${text}": use RFC 3339, seconds since the epoch, or a duration such as 42m`);
  const fraction = /\.(\d{1,9})/.exec(text)?.[1];
  const whole = Math.floor(at / 1000);
  return fraction ? `${whole}.${fraction.padEnd(9, "0")}` : `${whole}.000000000`;
}

/** A date without a zone is UTC to Date.parse already; a time without one would be local. */
const hasZone = (text: string): boolean => !text.includes("T") || /([zZ]|[+-]\d{2}:\d{2})$/.test(text);

const formatSeconds = (milliseconds: number): string =>
  `${Math.floor(milliseconds / 1000)}.${String(Math.floor(milliseconds) % 1000).padStart(3, "0")}000000`;

const milliseconds: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Go's durations, in milliseconds: "1h30m", "90s", "1.5h"; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (milliseconds[unit ?? ""] ?? 0),
    0,
  );
}
