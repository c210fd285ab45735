import { isAbsolute } from "node:path";
import { invalid } from "../../base/errors.ts";
import type { Healthcheck } from "../../model/health.ts";
import type { ImageHistory, ImageRuntimeConfig } from "../../model/image.ts";
import { digestPattern } from "../../model/image-reference.ts";
import { readJson } from "./documents.ts";

type Json = Readonly<Record<string, unknown>>;

/** An image's configuration file (OCI image-spec, config.md), checked and in the model's words. */
export interface ConfigFile {
  readonly architecture: string;
  readonly variant: string;
  readonly os: string;
  readonly created: string;
  readonly author: string;
  readonly comment: string;
  readonly dockerVersion: string;
  readonly config: ImageRuntimeConfig;
  readonly diffIds: readonly string[];
  readonly history: readonly ImageHistory[];
}

/** Throws INVALID, naming the field, for what is of another shape: it comes from whoever built the image. */
export function parseConfigFile(bytes: Uint8Array): ConfigFile {
  const json = readJson(bytes, "image configuration");
  const rootfs = object(json, "rootfs");
  const diffIds = texts(rootfs, "diff_ids");
  for (const id of diffIds) if (!digestPattern.test(id)) throw wrong("rootfs.diff_ids", `"${id}" is no sha256 digest`);
  return {
    architecture: text(json, "architecture"),
    variant: text(json, "variant"),
    os: text(json, "os"),
    created: text(json, "created"),
    author: text(json, "author"),
    comment: text(json, "comment"),
    dockerVersion: text(json, "docker_version"),
    config: runtimeConfig(object(json, "config")),
    diffIds,
    history: (Array.isArray(json["history"]) ? json["history"] : []).map((one) => historyEntry((one ?? {}) as Json)),
  };
}

/** `config` of the file, and the body of a commit, which has the same fields (Docker Engine API: ContainerConfig). */
export function runtimeConfig(json: Json): ImageRuntimeConfig {
  const workingDir = text(json, "WorkingDir");
  const volumes = Object.keys(object(json, "Volumes"));
  for (const volume of volumes) if (!isAbsolute(volume)) throw wrong("Volumes", `"${volume}" is no absolute path`);
  const healthcheck = json["Healthcheck"] ? healthcheckOf(object(json, "Healthcheck")) : undefined;
  return {
    user: text(json, "User"),
    env: texts(json, "Env"),
    entrypoint: texts(json, "Entrypoint"),
    command: texts(json, "Cmd"),
    workingDir: workingDir === "" || isAbsolute(workingDir) ? workingDir : `/${workingDir}`,
    exposed: Object.keys(object(json, "ExposedPorts")),
    volumes,
    labels: textMap(json, "Labels"),
    stopSignal: text(json, "StopSignal"),
    ...(healthcheck ? { healthcheck } : {}),
    shell: texts(json, "Shell"),
    onBuild: texts(json, "OnBuild"),
  };
}

function healthcheckOf(json: Json): Healthcheck {
  return {
    test: texts(json, "Test"),
    intervalNs: number(json, "Interval"),
    timeoutNs: number(json, "Timeout"),
    startPeriodNs: number(json, "StartPeriod"),
    startIntervalNs: number(json, "StartInterval"),
    retries: number(json, "Retries"),
  };
}

const historyEntry = (json: Json): ImageHistory => ({
  created: text(json, "created"),
  createdBy: text(json, "created_by"),
  author: text(json, "author"),
  comment: text(json, "comment"),
  emptyLayer: json["empty_layer"] === true,
});

/** The model's words as the file has them: what is empty is left out. */
export function runtimeConfigJson(config: ImageRuntimeConfig): Json {
  const keys = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, {}]));
  const all = {
    User: config.user,
    ExposedPorts: keys(config.exposed),
    Env: config.env,
    Cmd: config.command,
    Healthcheck: config.healthcheck && healthcheckJson(config.healthcheck),
    Volumes: keys(config.volumes),
    WorkingDir: config.workingDir,
    Entrypoint: config.entrypoint,
    OnBuild: config.onBuild,
    Labels: config.labels,
    StopSignal: config.stopSignal,
    Shell: config.shell,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => !isEmpty(value)));
}

export const healthcheckJson = (health: Healthcheck): Json =>
  Object.fromEntries(
    Object.entries({
      Test: health.test,
      Interval: health.intervalNs,
      Timeout: health.timeoutNs,
      StartPeriod: health.startPeriodNs,
      StartInterval: health.startIntervalNs,
      Retries: health.retries,
    }).filter(([, value]) => !isEmpty(value)),
  );

const isEmpty = (value: unknown): boolean =>
  !value || (typeof value === "object" && Object.keys(value as object).length === 0);

const wrong = (field: string, why: string) => invalid(`image configuration`, `${field}: ${why}`);

function text(json: Json, field: string): string {
  const value = json[field] ?? "";
  if (typeof value === "string" && !value.includes("\0")) return value;
  throw wrong(field, "it is no text");
}

function number(json: Json, field: string): number {
  const value = json[field] ?? 0;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw wrong(field, "it is no number");
}

function texts(json: Json, field: string): string[] {
  const value = json[field] ?? [];
  const ok = Array.isArray(value) && value.every((one) => typeof one === "string" && !one.includes("\0"));
  if (ok) return value;
  throw wrong(field, "it is no list of texts");
}

function object(json: Json, field: string): Json {
  const value = json[field] ?? {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Json;
  throw wrong(field, "it is no object");
}

function textMap(json: Json, field: string): Record<string, string> {
  const value = object(json, field);
  for (const key of Object.keys(value)) text(value, key);
  return value as Record<string, string>;
}
