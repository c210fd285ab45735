import { badValue } from "../errors.ts";

/** Names that shell completion can ask the daemon for, or that are known without it. */
export type Completes =
  | "networks"
  | "containers"
  | "running"
  | "images"
  | "hosts"
  | "files"
  | readonly string[]
  | (() => readonly string[]);

/** One flag as a command declares it. Its key in camel case is its long name: `gwPriority` is --gw-priority. */
export interface OptionSpec<T> {
  /** Without it the flag stands alone. */
  readonly placeholder?: string;
  readonly short?: string;
  readonly about: string;
  /** Other long names, not shown in help (docker: --net for --network). */
  readonly also?: readonly string[];
  readonly hidden?: boolean;
  readonly completes?: Completes;
  /** Values in the order given, none when the flag was not given; throws UsageError. */
  read(values: readonly string[], flag: string): T;
}

type Details = Pick<OptionSpec<unknown>, "short" | "about" | "also" | "hidden" | "completes"> & {
  placeholder?: string;
};

/** True when given; `--name=false` takes it back, as with docker. */
export const flag = (details: Details & { default?: boolean }): OptionSpec<boolean> => ({
  ...details,
  read: (values) => (values.at(-1) === undefined ? (details.default ?? false) : values.at(-1) === "true"),
});

/** True or false when given, undefined otherwise: the daemon's default counts. */
export const choice = (details: Details): OptionSpec<boolean | undefined> => ({
  ...details,
  read: (values) => (values.length > 0 ? values.at(-1) === "true" : undefined),
});

/** The last value given, or `default`. */
export const text = (details: Details & { default?: string }): OptionSpec<string> => ({
  placeholder: "string",
  ...details,
  read: (values) => values.at(-1) ?? details.default ?? "",
});

/** Every value given. */
export const list = (details: Details): OptionSpec<string[]> => ({
  placeholder: "list",
  ...details,
  read: (values) => [...values],
});

/** Every value given, "a,b" being two (pflag's StringSlice). */
export const commaList = (details: Details): OptionSpec<string[]> => ({
  placeholder: "strings",
  ...details,
  read: (values) => values.flatMap((value) => value.split(",")),
});

/** The last value given as a whole number. */
export const integer = (details: Details): OptionSpec<number | undefined> => ({
  placeholder: "int",
  ...details,
  read(values, name) {
    const value = values.at(-1);
    if (value === undefined) return undefined;
    if (/^[+-]?\d{1,15}$/.test(value)) return Number(value);
    throw badValue(name, value, "it is not a whole number");
  },
});

/** KEY=VALUE pairs; a key alone has the value "" (docker: --opt, --label, --sysctl). */
export const pairs = (details: Details): OptionSpec<Record<string, string>> => ({
  placeholder: "map",
  ...details,
  read: (values) => Object.fromEntries(values.map(splitPair)),
});

export function splitPair(text: string): [key: string, value: string] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** docker: --filter KEY=VALUE, values of one key being alternatives. */
export const filters = (details: Partial<Details> = {}): OptionSpec<Record<string, string[]>> => ({
  placeholder: "filter",
  short: "f",
  about: 'only what matches, as in "name=web"',
  ...details,
  read(values, flagName) {
    const all: Record<string, string[]> = {};
    for (const value of values) {
      if (!value.includes("=")) throw badValue(flagName, value, 'it must be "key=value"');
      const [key, wanted] = splitPair(value);
      const name = key.trim().toLowerCase();
      all[name] = [...new Set([...(all[name] ?? []), wanted.trim()])];
    }
    return all;
  },
});

/** The value each option of a table reads to. */
export type OptionValues<O> = { [K in keyof O]: O[K] extends OptionSpec<infer T> ? T : never };

/** `gwPriority` is --gw-priority. */
export const longName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
