import type { Command } from "./command.ts";
import { longName, type OptionSpec } from "./options.ts";

/** "Usage:  fairlead network rm [OPTIONS] NETWORK [NETWORK...]". */
export function usageLine(command: Command): string {
  const options = Object.keys(command.options ?? {}).length > 0 ? " [OPTIONS]" : "";
  const args =
    command.usage ??
    Object.entries(command.args ?? {})
      .map(([name, spec]) => usageOf(name, spec))
      .join(" ");
  return `Usage:  fairlead ${command.name}${options}${args ? ` ${args}` : ""}`;
}

function usageOf(key: string, { required, many }: { required: boolean; many: boolean }): string {
  const name = longName(key).toUpperCase();
  if (required) return many ? `${name} [${name}...]` : name;
  return many ? `[${name}...]` : `[${name}]`;
}

/** What --help prints: docker's layout, and examples. */
export function helpText(command: Command, width: number, aliases: readonly string[] = []): string {
  const shown = Object.entries(command.options ?? {}).filter(([, spec]) => !spec.hidden);
  const options = shown.map(([key, spec]): [string, string] => [flagColumn(key, spec), spec.about]);
  // A usage of its own names its words itself.
  const named = command.usage === undefined ? Object.entries(command.args ?? {}) : [];
  const args = named.map(([key, spec]): [string, string] => [`  ${longName(key).toUpperCase()}`, spec.about]);
  return [
    usageLine(command),
    command.summary,
    ...(aliases.length > 0 ? [`Aliases:\n  ${aliases.map((alias) => `fairlead ${alias}`).join(", ")}`] : []),
    ...(args.length > 0 ? [`Arguments:\n${columns(args, width)}`] : []),
    ...(options.length > 0 ? [`Options:\n${columns(options, width)}`] : []),
    ...(command.notes ? [command.notes] : []),
    ...(command.examples.length > 0
      ? [`Examples:\n${command.examples.map((line) => `  fairlead ${line}`).join("\n")}`]
      : []),
  ].join("\n\n");
}

function flagColumn(key: string, { short, placeholder }: OptionSpec<unknown>): string {
  return `  ${short ? `-${short}, ` : "    "}--${longName(key)}${placeholder ? ` ${placeholder}` : ""}`;
}

/** Two columns, the second wrapped to the width. */
export function columns(rows: readonly (readonly [string, string])[], width: number): string {
  const left = Math.min(32, Math.max(...rows.map(([name]) => name.length))) + 3;
  return rows
    .flatMap(([name, about]) => {
      const lines = wrap(about, Math.max(24, width - left));
      const first = name.length > left - 2 ? [name] : [`${name.padEnd(left)}${lines.shift() ?? ""}`];
      return [...first, ...lines.map((line) => " ".repeat(left) + line)];
    })
    .join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
