import { Command, Option } from "commander";
import { invalid } from "../base/errors.ts";
import { parseFlag } from "../base/flags.ts";
import { withoutCredentials } from "./cluster-options.ts";
import { readConfigFile } from "./config-file.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { buildOptions } from "./options-from-values.ts";
import { releaseVersion } from "./release.ts";
import { refusedSettings, type Setting, settings } from "./settings.ts";

/** Raw values by setting name: strings from the command line, JSON from the file. */
export type Values = ReadonlyMap<string, unknown>;

export interface ParsedFlags {
  readonly options: DaemonOptions;
  /** One sentence for each setting that was accepted without effect. */
  readonly warnings: readonly string[];
  /** --validate: check and leave. */
  readonly validateOnly: boolean;
}

export const defaultConfigFile = "/etc/fairlead/daemon.json";

/** Reads the command line of `fairlead daemon` and its configuration file; throws INVALID naming flag or key. */
export function parseFlags(argv: readonly string[], readFile = readConfigFile): ParsedFlags {
  const given = parseCommandLine(argv);
  const wanted = given.get("config-file");
  const path = typeof wanted === "string" ? wanted : defaultConfigFile;
  const file = readFile(path, { required: wanted !== undefined });
  refuseConflicts(path, given, file ?? new Map());
  const values = new Map([...(file ?? []), ...given]);
  const options = buildOptions(values, file ? path : "");
  return { options, warnings: warningsOf(values), validateOnly: given.get("validate") === true };
}

function parseCommandLine(argv: readonly string[]): Map<string, unknown> {
  const command = daemonCommand();
  command.parse([...argv], { from: "user" });
  const parsed = command.opts<Record<string, unknown>>();
  const given = new Map<string, unknown>();
  for (const option of command.options) {
    const value = parsed[option.attributeName()];
    if (value !== undefined) given.set(option.long?.slice(2) ?? option.attributeName(), value);
  }
  return given;
}

/** The command with every flag; also what `--help` prints. */
export function daemonCommand(): Command {
  const command = new Command("fairlead daemon")
    .description("Run the Fairlead daemon")
    .allowExcessArguments(false)
    .exitOverride()
    .version(`fairlead version ${releaseVersion()}`, "-v, --version", "print the version and leave")
    .configureHelp({ sortOptions: true, helpWidth: process.stdout.columns ?? 100 })
    .addOption(new Option("--config-file <file>", `JSON configuration (default: ${defaultConfigFile} if it exists)`))
    .addOption(new Option("--validate", "check the configuration, say so and leave"));
  for (const setting of settings) command.addOption(optionOf(setting));
  for (const [name, instead] of Object.entries(refusedSettings)) {
    if (name.startsWith("no-")) continue; // commander reads it as the opposite of another flag; unknown is refused too
    const refuse = () => {
      throw invalid(`--${name}`, `it is not offered; ${instead}`);
    };
    command.addOption(new Option(`--${name} [value]`, "").hideHelp().argParser(refuse).preset("true"));
  }
  return command;
}

function optionOf(setting: Setting): Option {
  const flags = `${setting.short ? `-${setting.short}, ` : ""}--${setting.name}`;
  const suffix = setting.byDefault === undefined ? "" : ` (default: ${JSON.stringify(setting.byDefault)})`;
  const about = setting.about + suffix;
  if (setting.kind === "flag") {
    // An optional value, so that both `--icc` and `--icc=false` work, as with dockerd.
    const option = new Option(`${flags} [bool]`, about).preset("true").argParser((text) => flagOf(setting.name, text));
    return setting.ignored ? option.hideHelp() : option;
  }
  const option = new Option(`${flags} <value>`, about);
  const many = ["list", "pools", "network-options", "options"].includes(setting.kind);
  if (many) option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
  return setting.ignored ? option.hideHelp() : option;
}

/** As dockerd reads its flags. */
function flagOf(name: string, text: string): boolean {
  const flag = parseFlag(text);
  if (flag !== undefined) return flag;
  throw invalid(`--${name}`, `"${text}" is neither true nor false`);
}

/** dockerd's rule: a setting is in one place. Lists too, since merging them would hide which one counts. */
function refuseConflicts(path: string, given: Values, file: Values): void {
  const both = [...file.keys()].filter((name) => given.has(name));
  if (both.length === 0) return;
  const shown = both.map(
    (name) => `${name}: (from flag: ${show(given.get(name))}, from file: ${show(file.get(name))})`,
  );
  throw invalid(
    `configuration ${path}`,
    `the following directives are specified both as a flag and in the configuration file: ${shown.join(", ")}`,
  );
}

const show = (value: unknown): string =>
  typeof value === "string" ? withoutCredentials(value) : JSON.stringify(value);

function warningsOf(values: Values): string[] {
  return settings
    .filter((setting) => setting.ignored !== undefined && values.has(setting.name))
    .map((setting) => `--${setting.name} has no effect: ${setting.ignored}`);
}
