import { isAbsolute, resolve } from "node:path";
import { splitCsv } from "./csv.ts";

/** `-v`: HOST:CONTAINER[:OPTIONS] is a bind, a container path alone an anonymous volume. */
export function parseVolumes(volumes: readonly string[], directory: string): { binds: string[]; anonymous: string[] } {
  const binds: string[] = [];
  const anonymous: string[] = [];
  for (const volume of volumes) {
    const [source = "", target, ...options] = volume.split(":");
    if (source === "" || target === "" || options.length > 1) {
      throw new Error(`invalid spec: ${volume}: use HOST-PATH:CONTAINER-PATH[:ro]`);
    }
    if (target === undefined) anonymous.push(source);
    else binds.push([hostPath(source, directory), target, ...options].join(":"));
  }
  return { binds, anonymous };
}

/** "./x" and "~"-less relative paths mean the client's directory; a bare word is the name of a volume. */
const hostPath = (source: string, directory: string): string =>
  source.startsWith(".") ? resolve(directory, source) : source;

/** `--tmpfs`: PATH[:OPTIONS]. */
export function parseTmpfs(all: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    all.map((text) => {
      const colon = text.indexOf(":");
      return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
    }),
  );
}

/** `--mount`: type=bind|volume|tmpfs and its keys. */
export function parseMount(text: string, directory: string): object {
  const fields = new Map(splitCsv(text).map((field) => splitField(field)));
  const type = fields.get("type") ?? "volume";
  const target = fields.get("target") ?? "";
  const kind = kinds[type];
  if (!kind) throw new Error(`invalid mount "${text}": type must be bind, volume or tmpfs`);
  if (target === "") throw new Error(`invalid mount "${text}": target is required`);
  const unknown = [...fields.keys()].find((key) => !["type", "target", "readonly", ...kind.keys].includes(key));
  if (unknown !== undefined) throw new Error(`unexpected key '${unknown}' in '${text}'`);
  const readOnly = booleanField(fields, "readonly");
  return { Type: type, Target: target, ...(readOnly ? { ReadOnly: true } : {}), ...kind.read(fields, text, directory) };
}

interface MountKind {
  readonly keys: readonly string[];
  read(fields: ReadonlyMap<string, string>, text: string, directory: string): object;
}

const kinds: Readonly<Record<string, MountKind>> = {
  bind: { keys: ["source", "bind-propagation"], read: bindFields },
  volume: { keys: ["source", "volume-nocopy", "volume-subpath"], read: volumeFields },
  tmpfs: { keys: ["tmpfs-size", "tmpfs-mode"], read: tmpfsFields },
};

const synonyms: Readonly<Record<string, string>> = {
  src: "source",
  dst: "target",
  destination: "target",
  ro: "readonly",
};

function splitField(field: string): [string, string] {
  const equals = field.indexOf("=");
  const [key, value] = equals < 0 ? [field, "true"] : [field.slice(0, equals), field.slice(equals + 1)];
  const name = key.trim().toLowerCase();
  return [synonyms[name] ?? name, value];
}

function booleanField(fields: ReadonlyMap<string, string>, key: string): boolean {
  const value = fields.get(key) ?? "false";
  if (["true", "1"].includes(value)) return true;
  if (["false", "0"].includes(value)) return false;
  throw new Error(`invalid value for ${key}: ${value}`);
}

function bindFields(fields: ReadonlyMap<string, string>, text: string, directory: string): object {
  const source = fields.get("source") ?? "";
  if (source === "") throw new Error(`invalid mount "${text}": a bind needs a source`);
  const propagation = fields.get("bind-propagation");
  return {
    Source: isAbsolute(source) ? source : resolve(directory, source),
    ...(propagation ? { BindOptions: { Propagation: propagation } } : {}),
  };
}

/** Without a source: a volume of its own. */
function volumeFields(fields: ReadonlyMap<string, string>): object {
  const [source, subpath] = [fields.get("source"), fields.get("volume-subpath")];
  const options = {
    ...(booleanField(fields, "volume-nocopy") ? { NoCopy: true } : {}),
    ...(subpath ? { Subpath: subpath } : {}),
  };
  return {
    ...(source ? { Source: source } : {}),
    ...(Object.keys(options).length > 0 ? { VolumeOptions: options } : {}),
  };
}

function tmpfsFields(fields: ReadonlyMap<string, string>): object {
  const [size, mode] = [fields.get("tmpfs-size"), fields.get("tmpfs-mode")];
  const options = {
    ...(size === undefined ? {} : { SizeBytes: parseBytes(size) }),
    ...(mode === undefined ? {} : { Mode: parseMode(mode) }),
  };
  return Object.keys(options).length > 0 ? { TmpfsOptions: options } : {};
}

const sizes: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** "10m", "64MiB" and "1024": docker's units are powers of 1024. */
function parseBytes(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?) ?([kmgt]?)i?b?$/i.exec(text) ?? [];
  if (count === undefined) throw new Error(`invalid size: '${text}'`);
  return Math.floor(Number(count) * (sizes[unit?.toLowerCase() ?? ""] ?? 1));
}

function parseMode(text: string): number {
  if (/^[0-7]{1,5}$/.test(text)) return Number.parseInt(text, 8);
  throw new Error(`invalid value for tmpfs-mode: ${text}`);
}
