import { isAbsolute, normalize } from "node:path";
import { invalid } from "../../../base/errors.ts";
import type { ContainerRequest, Engine } from "../../../engine/engine.ts";
import { capabilityNamed } from "../../../model/capabilities.ts";
import type { ContainerConfig, Rootfs } from "../../../model/container.ts";
import { parseImageReference } from "../../../model/image-reference.ts";
import { Refusal } from "../../refusal.ts";
import { wordList } from "../../schema.ts";
import { parseConfinement } from "./confinement.ts";
import type { CreateBody } from "./create-body.ts";
import { givenFields } from "./given-fields.ts";
import { healthcheckOf } from "./healthcheck.ts";
import { limitsOf } from "./limits.ts";
import { parseStorage } from "./mounts.ts";
import { parseNetworking } from "./network-mode.ts";
import { parsePort, parsePortBindings } from "./port-bindings.ts";
import { restartPolicyOf } from "./restart-policy.ts";
import { streamsConfig } from "./streams-config.ts";
import { checkUnsupported, unsupportedConfig, unsupportedHostConfig } from "./unsupported-fields.ts";

/** Docker's default of --stop-timeout, in seconds. */
const stopTimeoutSeconds = 10;

const macIsDeprecated =
  "The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.";

/** A create body in the model's words, and what the user must be told. */
export function containerRequest(
  engine: Engine,
  body: CreateBody,
  options: { name: string; version: number },
): { request: ContainerRequest; warnings: string[] } {
  const warnings = [
    ...checkUnsupported(unsupportedConfig, body),
    ...checkUnsupported(unsupportedHostConfig, body.HostConfig),
    ...(body.MacAddress && options.version >= 44 ? [macIsDeprecated] : []),
  ];
  const { networkMode, networkModeText, endpoints } = parseNetworking(engine, body, options.version);
  const config: ContainerConfig = {
    ...processConfig(body),
    ...hostConfig(body),
    ...givenFields(body),
    ...healthcheckOf(body.Healthcheck, options.version),
    ...parseConfinement(engine, body.HostConfig ?? {}, options.version),
    ...parseStorage(body, options.version),
    ...limitsOf(body.HostConfig ?? {}),
    rootfs: rootfsOf(body),
    ...(body.NetworkDisabled ? { networkDisabled: true } : {}),
    ...(body.MacAddress && options.version < 44 ? { mac: body.MacAddress } : {}),
    networkMode,
    networkModeText,
  };
  checkAnnotations((body.HostConfig as { Annotations?: unknown } | null | undefined)?.Annotations);
  checkIsolation((body.HostConfig as { Isolation?: unknown } | null | undefined)?.Isolation);
  const given = body.Entrypoint ? { entrypointGiven: true } : {};
  return { request: { name: containerName(options.name), config, endpoints, ...given }, warnings };
}

function processConfig(body: CreateBody) {
  const [entrypoint, command] = [wordList(body.Entrypoint), wordList(body.Cmd)];
  return {
    entrypoint,
    command,
    args: [...entrypoint, ...command],
    env: (body.Env ?? []).map(checkEnv),
    workingDir: cleanWorkingDir(body.WorkingDir ?? ""),
    user: body.User ?? "",
    tty: body.Tty ?? false,
    openStdin: body.OpenStdin ?? false,
    ...streamsConfig(body),
    hostname: checkHostname(body.Hostname ?? ""),
    domainname: body.Domainname ?? "",
    labels: body.Labels ?? {},
    stopSignal: body.StopSignal ?? "",
    stopTimeoutSeconds: body.StopTimeout ?? stopTimeoutSeconds,
    exposed: Object.keys(body.ExposedPorts ?? {}).map(parsePort),
  };
}

function hostConfig(body: CreateBody) {
  const host = body.HostConfig ?? {};
  return {
    sysctls: host.Sysctls ?? {},
    capAdd: checkCapabilities("CapAdd", host.CapAdd ?? []),
    capDrop: checkCapabilities("CapDrop", host.CapDrop ?? []),
    privileged: host.Privileged ?? false,
    readonlyRootfs: host.ReadonlyRootfs ?? false,
    autoRemove: host.AutoRemove ?? false,
    ...restartPolicyOf(host.RestartPolicy, host.AutoRemove ?? false),
    publish: parsePortBindings(host.PortBindings ?? {}),
    publishAll: host.PublishAllPorts ?? false,
    dns: host.Dns ?? [],
    dnsSearch: host.DnsSearch ?? [],
    dnsOptions: host.DnsOptions ?? [],
    extraHosts: host.ExtraHosts ?? [],
  };
}

/** `Fairlead.Rootfs` wins over Image, which a docker client cannot leave out. */
function rootfsOf(body: CreateBody): Rootfs {
  const rootfs = body.Fairlead?.Rootfs ?? "";
  if (rootfs === "host") return { kind: "host" };
  if (isAbsolute(rootfs)) return { kind: "directory", path: rootfs };
  if (rootfs !== "") throw invalid("Fairlead.Rootfs", `"${rootfs}" is neither "host" nor an absolute path`);
  if (body.Image) return { kind: "image", reference: checkReference(body.Image), imageId: "" };
  throw invalid("Image", "it is empty; name an image, or give Fairlead.Rootfs");
}

/** An id, or what can be the name of an image; 404 would send a client to pull it. */
function checkReference(image: string): string {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(image)) return image;
  try {
    parseImageReference(image);
    return image;
  } catch (error) {
    const [why] = /repository name .* must be lowercase/.exec((error as Error).message) ?? [];
    throw new Refusal(400, `invalid reference format${why ? `: ${why}` : ""}`);
  }
}

/** Docker's rule for container names; a leading slash is how it shows them. "" asks for a made-up one. */
export function containerName(text: string): string {
  const name = text.replace(/^\//, "");
  if (name === "" || (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name) && name.length <= 200)) return name;
  const shown = name.length > 200 ? `${name.slice(0, 40)}...` : name;
  const rule = "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, 2 to 200 characters";
  throw new Refusal(400, `Invalid container name (${shown}), ${rule}`);
}

function checkCapabilities(field: string, texts: readonly string[]): readonly string[] {
  const wrong = texts.find((text) => capabilityNamed(text) === undefined);
  if (wrong === undefined) return texts;
  throw new Refusal(400, `invalid ${field}: unknown capability: "CAP_${wrong.toUpperCase().replace(/^CAP_/, "")}"`);
}

function checkHostname(hostname: string): string {
  // HOST_NAME_MAX of Linux, include/uapi/linux/utsname.h: __NEW_UTS_LEN.
  if (Buffer.byteLength(hostname) <= 64 && !/[\s/\0]/.test(hostname)) return hostname;
  throw invalid("Hostname", `"${hostname.slice(0, 80)}" must be at most 64 bytes without blanks and "/"`);
}

/** Only inspect and list show them: Docker's for runtimes that know some. */
function checkAnnotations(annotations: unknown): void {
  if (typeof annotations !== "object" || annotations === null || !Object.hasOwn(annotations, "")) return;
  throw new Refusal(400, "invalid Annotations: the empty string is not permitted as an annotation key");
}

/** Windows has others. */
function checkIsolation(isolation: unknown): void {
  if (!isolation || String(isolation).toLowerCase() === "default") return;
  throw new Refusal(400, `Invalid isolation: "${String(isolation)}" - linux only supports 'default'`);
}

function checkEnv(variable: string): string {
  if (variable !== "" && !variable.startsWith("=") && !variable.includes("\0")) return variable;
  throw invalid("Env", `invalid environment variable: ${variable}`);
}

/** Shown and used without a slash at its end, as Docker does. */
function cleanWorkingDir(path: string): string {
  if (path === "") return path;
  if (isAbsolute(path)) return normalize(path).replace(/(.)\/$/, "$1");
  throw invalid("WorkingDir", `the working directory '${path}' is invalid, it needs to be an absolute path`);
}
