import { TemplateError } from "./error.ts";
import { entries, isTrue, type Method, show, toJson, type Value } from "./values.ts";

/** Functions of Go's text/template, and those docker adds. `and` and `or` are evaluated lazily, elsewhere. */
export const functions: Readonly<Record<string, Method>> = {
  json: (value) => toJson(value),
  join: (items, separator) =>
    list(items)
      .map(show)
      .join(String(separator ?? "")),
  split: (value, separator) => show(value).split(String(separator)),
  upper: (value) => show(value).toUpperCase(),
  lower: (value) => show(value).toLowerCase(),
  title: (value) => show(value).replace(/(^|\s)\S/g, (letter) => letter.toUpperCase()),
  truncate: (value, length) => [...show(value)].slice(0, Number(length)).join(""),
  pad: (value, before, after) => {
    const text = show(value);
    return text === "" ? "" : " ".repeat(Number(before)) + text + " ".repeat(Number(after));
  },
  print: (...values) => values.map(show).join(""),
  println: (...values) => `${values.map(show).join(" ")}\n`,
  printf: (format, ...values) => formatText(show(format), values),
  len: (value) => (typeof value === "string" ? Buffer.byteLength(value) : entries(value).length),
  index: (value, ...keys) => keys.reduce(indexed, value),
  slice: (value, from, to) =>
    (typeof value === "string" ? value : list(value)).slice(
      Number(from ?? 0),
      to === undefined ? undefined : Number(to),
    ),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => others.some((other) => show(first) === show(other)),
  ne: (left, right) => show(left) !== show(right),
  lt: (left, right) => compare(left, right) < 0,
  le: (left, right) => compare(left, right) <= 0,
  gt: (left, right) => compare(left, right) > 0,
  ge: (left, right) => compare(left, right) >= 0,
};

function list(value: Value): readonly Value[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new TemplateError(`${show(value)} is no list`);
}

/** An element of a list or map; a map without the key gives the empty value, a list without the element fails (Go). */
function indexed(value: Value, key: Value): Value {
  if (Array.isArray(value)) {
    const index = Number(key);
    if (Number.isInteger(index) && index >= 0 && index < value.length) return value[index] as Value;
    throw new TemplateError(`index out of range: ${show(key)}`);
  }
  if (typeof value === "object" && value !== null) {
    return Object.hasOwn(value, String(key)) ? (value as Record<string, Value>)[String(key)] : "";
  }
  throw new TemplateError(`cannot index ${show(value)}`);
}

function compare(left: Value, right: Value): number {
  if (typeof left === "number" || typeof left === "bigint") return Number(left) - Number(right);
  const [a, b] = [show(left), show(right)];
  return Number(a > b) - Number(a < b);
}

/** %s, %v, %d, %q and %%, with a width. */
function formatText(format: string, values: readonly Value[]): string {
  let next = 0;
  return format.replace(/%(-?)(\d*)([svdq%])/g, (_all, left: string, width: string, verb: string) => {
    if (verb === "%") return "%";
    const value = next < values.length ? values[next++] : "%!(MISSING)";
    const text = verb === "q" ? JSON.stringify(show(value)) : show(value);
    return left ? text.padEnd(Number(width)) : text.padStart(Number(width));
  });
}
