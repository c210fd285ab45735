import { invalid } from "../base/errors.ts";
import { timestamp } from "./timestamp.ts";

type Labels = Readonly<Record<string, string>>;

/** `label=name` or `label=name=value`. */
export function hasLabel(labels: Labels, filter: string): boolean {
  const [name = "", ...rest] = filter.split("=");
  if (!Object.hasOwn(labels, name)) return false;
  return rest.length === 0 || labels[name] === rest.join("=");
}

/** The value, if it is a known one. */
export function oneOf(key: string, value: string, known: readonly string[]): string {
  if (known.includes(value)) return value;
  throw invalid(`filter '${key}=${value}'`, `it takes ${known.join(" or ")}`);
}

const units: Labels = { s: "1", m: "60", h: "3600", d: "86400" };

/** `until`: a Unix time, a date, or how long ago ("10m", "1h30m"), as a time stamp to compare with. */
export function momentOf(text: string): string {
  const ms = unixMs(text) ?? agoMs(text) ?? Date.parse(text);
  // Beyond this a Date is invalid (ECMA-262, time values).
  if (Math.abs(ms) <= 8.64e15) return timestamp(BigInt(Math.round(ms)) * 1_000_000n);
  throw invalid(`filter 'until=${text}'`, "it takes a time stamp, a date or a duration such as 10m");
}

const unixMs = (text: string): number | undefined => (/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : undefined);

function agoMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?[smhd])+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)([smhd])/g)];
  const seconds = parts.reduce((sum, [, count, unit = "s"]) => sum + Number(count) * Number(units[unit]), 0);
  return Date.now() - seconds * 1000;
}
