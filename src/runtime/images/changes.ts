import { invalid } from "../../base/errors.ts";
import type { Healthcheck } from "../../model/health.ts";
import type { ImageRuntimeConfig } from "../../model/image.ts";
import { unquoted, words } from "./change-words.ts";

type Config = ImageRuntimeConfig;
type Instruction = (config: Config, rest: string) => Config;

/** The Dockerfile instructions that `docker import -c` and `docker commit -c` take. */
const instructions: Readonly<Record<string, Instruction>> = {
  CMD: (config, rest) => ({ ...config, command: commandOf(rest, config) }),
  ENTRYPOINT: (config, rest) => ({ ...config, entrypoint: commandOf(rest, config) }),
  ENV: (config, rest) => ({ ...config, env: Object.entries(pairs(rest, config)).reduce(putVariable, config.env) }),
  EXPOSE: (config, rest) => ({ ...config, exposed: union(config.exposed, words(rest, config.env).map(portOf)) }),
  HEALTHCHECK: (config, rest) => ({ ...config, healthcheck: healthcheckOf(rest, config) }),
  LABEL: (config, rest) => ({ ...config, labels: { ...config.labels, ...pairs(rest, config) } }),
  ONBUILD: (config, rest) => ({ ...config, onBuild: [...config.onBuild, rest] }),
  STOPSIGNAL: (config, rest) => ({ ...config, stopSignal: unquoted(rest, config.env) }),
  USER: (config, rest) => ({ ...config, user: unquoted(rest, config.env) }),
  VOLUME: (config, rest) => ({ ...config, volumes: union(config.volumes, pathsOf(rest, config)) }),
  WORKDIR: (config, rest) => ({ ...config, workingDir: joined(config.workingDir, unquoted(rest, config.env)) }),
};

/** Applies instructions such as `ENV A=1` in their order. */
export function applyChanges(config: Config, changes: readonly string[]): Config {
  const lines = changes.flatMap((change) => change.split("\n")).map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#")).reduce(applyChange, config);
}

function applyChange(config: Config, line: string): Config {
  const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
  const apply = instructions[word.toUpperCase()];
  if (!apply) throw invalid("change", `${word.toUpperCase()} is not a valid change command`);
  if (rest === "") throw invalid("change", `${word.toUpperCase()} requires at least one argument`);
  return apply(config, rest);
}

const joined = (base: string, rest: string): string =>
  rest.startsWith("/") ? rest : `${base.replace(/\/$/, "")}/${rest}`;
const union = (left: readonly string[], right: readonly string[]): string[] => [...new Set([...left, ...right])];
const portOf = (port: string): string => (port.includes("/") ? port : `${port}/tcp`);

/** A list in JSON is run as it is; anything else by the shell. */
function commandOf(rest: string, { shell }: Config): string[] {
  return listOf(rest) ?? [...(shell.length > 0 ? shell : ["/bin/sh", "-c"]), rest];
}

/** A list in JSON has its words expanded too, which may have blanks then. */
const pathsOf = (rest: string, { env }: Config): string[] =>
  listOf(rest)?.map((path) => unquoted(path, env)) ?? words(rest, env);

function listOf(rest: string): string[] | undefined {
  if (!rest.startsWith("[")) return undefined;
  try {
    const list: unknown = JSON.parse(rest);
    return Array.isArray(list) && list.every((one) => typeof one === "string") ? list : undefined;
  } catch {
    return undefined; // then it is a command line that begins with a bracket, as in a Dockerfile
  }
}

/** `A=1 B=2`, or the old form `A all the rest`. */
function pairs(rest: string, { env }: Config): Record<string, string> {
  const all = words(rest, env);
  if (!all[0]?.includes("=")) {
    const [, name = "", value = ""] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
    return { [name]: unquoted(value, env) };
  }
  return Object.fromEntries(
    all.map((word) => {
      const at = word.indexOf("=");
      if (at < 1) throw invalid("change", `Syntax error - can't find = in "${word}". Must be of the form: name=value`);
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

function putVariable(env: readonly string[], [name, value]: [string, string]): readonly string[] {
  const at = env.findIndex((one) => one.startsWith(`${name}=`));
  return at < 0 ? [...env, `${name}=${value}`] : env.with(at, `${name}=${value}`);
}

const durations: Readonly<Record<string, keyof Healthcheck>> = {
  interval: "intervalNs",
  timeout: "timeoutNs",
  "start-period": "startPeriodNs",
  "start-interval": "startIntervalNs",
};

/** `--interval=5s --retries=2 CMD test -e /ready`, `NONE`. */
function healthcheckOf(rest: string, config: Config): Healthcheck {
  const options: Record<string, number> = {};
  let command = rest;
  for (let found = /^--([a-z-]+)=(\S+)\s+/.exec(command); found; found = /^--([a-z-]+)=(\S+)\s+/.exec(command)) {
    const [all, name = "", value = ""] = found;
    const key = durations[name];
    if (!key && name !== "retries") throw invalid("change", `HEALTHCHECK has no option --${name}`);
    options[key ?? "retries"] = key ? nanoseconds(value) : retriesOf(value);
    command = command.slice(all.length);
  }
  const [, kind = "", line = ""] = /^(NONE|CMD)\s*(.*)$/is.exec(command) ?? [];
  if (kind === "") throw invalid("change", `HEALTHCHECK takes CMD or NONE, not "${command}"`);
  const list = listOf(line);
  const test = list ? ["CMD", ...list] : ["CMD-SHELL", line];
  const none = { intervalNs: 0, timeoutNs: 0, startPeriodNs: 0, startIntervalNs: 0, retries: 0 };
  return { ...none, ...config.healthcheck, ...options, test: kind.toUpperCase() === "NONE" ? ["NONE"] : test };
}

function retriesOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalid("change", `HEALTHCHECK --retries takes a whole number such as 3, not "${text}"`);
}

const units: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

function nanoseconds(text: string): number {
  if (!/^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(text)) throw invalid("change", `"${text}" is no duration such as 5s`);
  const parts = [...text.matchAll(/([\d.]+)(ns|us|ms|s|m|h)/g)];
  return parts.reduce((sum, [, count, unit = "s"]) => sum + Number(count) * (units[unit] ?? 1), 0);
}
