/** What a template works on: JSON, bigint for long integers, and functions where docker's objects have methods. */
export type Value = unknown;
export type Method = (...args: readonly Value[]) => Value;

/** Go's truth: the zero value of every type, and what has no elements, is false. */
export function isTrue(value: Value): boolean {
  if (value === null || value === undefined || value === false || value === "" || value === 0 || value === 0n)
    return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === "object" ? Object.keys(value).length > 0 : true;
}

/** Keys and values in Go's order: of a map by key. */
export function entries(value: Value): [key: string | number, value: Value][] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  if (typeof value === "object" && value !== null) return sorted(value);
  return [];
}

const sorted = (value: object): [string, Value][] =>
  Object.entries(value).sort(([left], [right]) => Number(left > right) - Number(left < right));

/** Go's %v: [a b], map[k:v], <no value>. */
export function show(value: Value): string {
  if (value === undefined) return "<no value>";
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(show).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  return `map[${sorted(value)
    .map(([key, item]) => `${key}:${show(item)}`)
    .join(" ")}]`;
}

/** JSON with all digits of a bigint. */
export function toJson(value: Value): string {
  return JSON.stringify(value ?? null, (_key, item: Value) => (typeof item === "bigint" ? rawJson(item) : item));
}

// In V8 since Node 22, but not in TypeScript's library yet.
const rawJson = (value: bigint): unknown =>
  (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value.toString());
