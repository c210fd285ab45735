import { invalid } from "../base/errors.ts";
import type { Filters } from "../engine/engine.ts";

/** Query parameters, read as Docker reads them. */
export class Query {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: unknown) {
    this.#values = (values ?? {}) as Record<string, unknown>;
  }

  /** The first value; "" when absent. */
  text(name: string): string {
    const value = this.#values[name];
    return String((Array.isArray(value) ? value[0] : value) ?? "");
  }

  /** All values of a parameter that may be given several times. */
  texts(name: string): string[] {
    const value = this.#values[name];
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map(String);
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  /** Absent, "", 0, no, false and none are false; everything else is true. */
  flag(name: string): boolean {
    return !["", "0", "no", "false", "none"].includes(this.text(name).trim().toLowerCase());
  }

  flagOr(name: string, byDefault: boolean): boolean {
    return this.has(name) ? this.flag(name) : byDefault;
  }

  /** A whole number; undefined when absent or "". */
  integer(name: string): number | undefined {
    const text = this.text(name);
    if (text === "") return undefined;
    if (/^-?\d{1,15}$/.test(text)) return Number(text);
    throw invalid(`query parameter "${name}"`, `"${text}" is not a whole number`);
  }

  /** Seconds since the epoch, with a fraction, or RFC 3339; undefined when absent, "" or "0" (docker: no limit). */
  time(name: string): number | undefined {
    const text = this.text(name);
    if (text === "" || text === "0") return undefined;
    if (/^-?\d{1,15}(\.\d{1,9})?$/.test(text)) return Number(text);
    const parsed = Date.parse(text);
    if (!Number.isNaN(parsed)) return parsed / 1000;
    throw invalid(`query parameter "${name}"`, `"${text}" is neither seconds since the epoch nor an RFC 3339 time`);
  }

  /** ?filters=, its keys checked against `known`. */
  filters(known: readonly string[]): Filters {
    const filters = parseFilters(this.text("filters"));
    for (const key of Object.keys(filters)) {
      if (!known.includes(key)) throw new FilterError(`invalid filter '${key}'`);
    }
    return filters;
  }
}

/** Docker's own wording of a refused filter, which begins with what is wrong. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}

/** Both forms that Docker has had: {"label": ["a=b"]} and, before 1.22, {"label": {"a=b": true}}. */
function parseFilters(text: string): Filters {
  if (text === "") return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw invalid('query parameter "filters"', `it is no JSON: ${(cause as Error).message}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw invalid('query parameter "filters"', 'it must be an object such as {"label": ["a=b"]}');
  }
  return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, filterValues(key, value)]));
}

function filterValues(key: string, value: unknown): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([item, on]) => (on === true ? [item] : []));
  }
  throw invalid('query parameter "filters"', `the value of "${key}" must be a list of strings`);
}
