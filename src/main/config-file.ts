import { readFileSync } from "node:fs";
import { invalid } from "../base/errors.ts";
import { fileKey, refusedSettings, type Setting, type SettingKind, settings } from "./settings.ts";

/**
 * Reads the JSON file of --config-file, with daemon.json's key names, to values by setting name. Undefined when the
 * file is not there and was not asked for by name.
 */
export function readConfigFile(path: string, options: { required: boolean }): Map<string, unknown> | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (!options.required && (cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw invalid("--config-file", `cannot read ${path}: ${(cause as Error).message}`);
  }
  return parseConfig(path, text);
}

/** The text of a configuration file as values by setting name; throws INVALID naming the key. */
export function parseConfig(path: string, text: string): Map<string, unknown> {
  const document = parseObject(path, text);
  const byKey = new Map(settings.map((setting) => [fileKey(setting), setting]));
  // Singular form of the same list, kept by dockerd for older files.
  byKey.set("host-gateway-ip", byKey.get("host-gateway-ips") as Setting);
  const values = new Map<string, unknown>();
  const unknown: string[] = [];
  for (const [key, value] of Object.entries(document)) {
    const setting = byKey.get(key);
    if (setting) values.set(setting.name, checked(path, key, setting, value));
    else if (key in refusedSettings && value)
      throw invalid(`configuration ${path}`, `"${key}" is not offered; ${refusedSettings[key]}`);
    else if (!fileOnly.has(key) && !(key in refusedSettings)) unknown.push(key);
  }
  if (unknown.length > 0) {
    const why = `the following directives don't match any configuration option: ${unknown.join(", ")}`;
    throw invalid(`configuration ${path}`, why);
  }
  return values;
}

/** Keys of daemon.json that are no flags and have no meaning here. */
const fileOnly = new Set(["features", "runtimes", "builder", "proxies", "exec-opts", "default-ulimits"]);

function parseObject(path: string, text: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw invalid(`configuration ${path}`, `it is no JSON: ${(cause as Error).message}`);
  }
  if (typeof document === "object" && document !== null && !Array.isArray(document))
    return document as Record<string, unknown>;
  throw invalid(`configuration ${path}`, "it must be a JSON object");
}

const shapes: Record<SettingKind, { is: (value: unknown) => boolean; name: string }> = {
  text: { is: (value) => typeof value === "string", name: "a string" },
  flag: { is: (value) => typeof value === "boolean", name: "true or false" },
  number: { is: (value) => typeof value === "number", name: "a number" },
  list: {
    is: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
    name: "a list of strings",
  },
  pools: { is: isPools, name: 'a list of {"base": "10.0.0.0/8", "size": 24}' },
  options: { is: isOptions, name: 'an object such as {"option": "value"}' },
  "network-options": { is: isNetworkOptions, name: 'an object such as {"bridge": {"option": "value"}}' },
};

function checked(path: string, key: string, setting: Setting, value: unknown): unknown {
  if (setting.ignored) return value;
  const shape = shapes[setting.kind];
  // dockerd takes host-gateway-ip as one string.
  if (setting.kind === "list" && typeof value === "string") return [value];
  if (!shape.is(value)) throw invalid(`configuration ${path}`, `"${key}" must be ${shape.name}`);
  return value;
}

function isPools(value: unknown): boolean {
  return (
    Array.isArray(value) && value.every((pool) => typeof pool?.base === "string" && typeof pool?.size === "number")
  );
}

function isMap(item: unknown): item is object {
  return typeof item === "object" && item !== null && !Array.isArray(item);
}

function isOptions(value: unknown): boolean {
  return isMap(value) && Object.values(value).every((text) => typeof text === "string");
}

function isNetworkOptions(value: unknown): boolean {
  return isMap(value) && Object.values(value).every(isOptions);
}
