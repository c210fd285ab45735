import { Command as Commander, CommanderError, Option } from "commander";
import { parseFlag } from "../../base/flags.ts";
import { badValue, type ExitError, UsageError } from "../errors.ts";
import type { Command } from "./command.ts";
import { usageLine } from "./help.ts";
import { longName, type OptionSpec } from "./options.ts";

export interface Parsed {
  readonly args: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Asked for help: not a failure. */
export class HelpWanted extends Error {
  override readonly name = "HelpWanted";
}

/** Reads the words after the verb; throws UsageError, or HelpWanted for --help. */
export function parse(command: Command, argv: readonly string[]): Parsed {
  const collected = new Map<string, string[]>();
  const parser = parserOf(command, collected);
  try {
    parser.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") throw new HelpWanted();
    throw usageError(command, error);
  }
  const options = Object.entries(command.options ?? {}).map(([key, spec]) => {
    return [key, spec.read(collected.get(key) ?? [], flagText(key, spec))];
  });
  return { args: namedArguments(command, parser.processedArgs), options: Object.fromEntries(options) };
}

/** Commander with pflag's ways, which docker's users type: --flag=false and -p=80. */
class Parser extends Commander {
  readonly #switches: ReadonlyMap<string, string[]>;
  readonly #stopsEarly: boolean;

  constructor(name: string, switches: ReadonlyMap<string, string[]>, stopsEarly: boolean) {
    super(name);
    this.#switches = switches;
    this.#stopsEarly = stopsEarly;
  }

  override parseOptions(argv: string[]) {
    const rest: string[] = [];
    for (let index = 0; index < argv.length; index++) {
      const word = argv[index] ?? "";
      const positional = word === "-" || !word.startsWith("-");
      if (word === "--" || (positional && this.#stopsEarly)) {
        // What follows belongs to the container's command, "--" included for an argument that starts with a dash.
        rest.push(...(word === "--" ? [] : ["--"]), ...argv.slice(index));
        break;
      }
      if (this.#takesSwitch(word)) continue;
      rest.push(word.replace(/^(-[A-Za-z])=/, "$1"));
      if (this.#wantsValue(word) && index + 1 < argv.length) rest.push(argv[++index] ?? "");
    }
    return super.parseOptions(rest);
  }

  /** --flag=BOOL of a flag without value. */
  #takesSwitch(word: string): boolean {
    const equals = word.indexOf("=");
    const values = equals < 0 ? undefined : this.#switches.get(word.slice(0, equals));
    values?.push(String(parseBoolean(word.slice(0, equals), word.slice(equals + 1))));
    return values !== undefined;
  }

  /** Whether the next word is this one's value: "--name", "-p", and "-dp" but not "-p80". */
  #wantsValue(word: string): boolean {
    if (!word.startsWith("-") || word.includes("=")) return false;
    if (word.startsWith("--")) return this.options.some((option) => option.long === word && option.required);
    for (const [index, letter] of [...word.slice(1)].entries()) {
      const option = this.options.find(({ short }) => short === `-${letter}`);
      if (option?.required) return index === word.length - 2;
    }
    return false;
  }
}

function parserOf(command: Command, collected: Map<string, string[]>): Parser {
  const switches = new Map<string, string[]>();
  const parser = new Parser(`fairlead ${command.name}`, switches, command.takesCommand === true);
  parser.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  parser.helpOption("--help").allowExcessArguments(false).showSuggestionAfterError(true);
  for (const [key, spec] of Object.entries(command.options ?? {})) {
    const values: string[] = [];
    collected.set(key, values);
    for (const option of optionsOf(key, spec, values)) {
      parser.addOption(option);
      if (!option.required) switches.set(option.long ?? "", values);
    }
  }
  for (const [name, spec] of Object.entries(command.args ?? {})) {
    const shown = `${longName(name)}${spec.many ? "..." : ""}`;
    parser.argument(spec.required ? `<${shown}>` : `[${shown}]`);
  }
  return parser;
}

function optionsOf(key: string, spec: OptionSpec<unknown>, values: string[]): Option[] {
  return [longName(key), ...(spec.also ?? [])].map((long, index) => {
    const short = spec.short && index === 0 ? `-${spec.short}, ` : "";
    const option = new Option(`${short}--${long}${spec.placeholder ? ` <${spec.placeholder}>` : ""}`);
    // A flag called no-something is a name like any other here, not the opposite of something.
    option.negate = false;
    // A flag that stands alone is given without a value.
    return option.argParser((value: string | undefined) => values.push(value ?? "true"));
  });
}

function parseBoolean(name: string, text: string): boolean {
  const flag = parseFlag(text);
  if (flag !== undefined) return flag;
  throw badValue(name, text, "it is neither true nor false");
}

const flagText = (key: string, { short }: OptionSpec<unknown>): string =>
  `${short ? `-${short}, ` : ""}--${longName(key)}`;

function namedArguments(command: Command, values: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(Object.keys(command.args ?? {}).map((name, index) => [name, values[index]]));
}

/** Docker's exit codes: 125 for what is wrong with a flag, 1 for the number of arguments. */
function usageError(command: Command, error: CommanderError): ExitError {
  const arguments_ = ["commander.missingArgument", "commander.excessArguments"].includes(error.code);
  const message = error.message.replace(/^error: /, "");
  const see = `Run 'fairlead ${command.name} --help' for more information`;
  return new UsageError(arguments_ ? 1 : 125, `${message}\n\n${usageLine(command)}\n\n${see}`);
}
