import { isAbsolute } from "node:path";
import { invalid } from "../base/errors.ts";
import { formatIp, parseIp } from "../base/ip.ts";
import type { BuiltInBridge } from "../engine/networks/built-in.ts";
import type { NamespaceDefaults } from "../model/confinement.ts";
import type { LogConfig } from "../model/container.ts";
import { checkLogConfig } from "../model/log-config.ts";
import type { PluginSettings } from "../plugins/plugins.ts";
import { clusterSettings } from "./cluster-options.ts";
import type { DaemonOptions, DefaultPool } from "./daemon-options.ts";
import type { Values } from "./flags.ts";
import { settings } from "./settings.ts";

/** Checks and types the values; `configFile` is the file that was read, "" for none. */
export function buildOptions(values: Values, configFile: string): DaemonOptions {
  const read = reader(values);
  const execRoot = read.path("exec-root");
  const hosts = read.list("host");
  return {
    hosts: hosts.length > 0 ? hosts.map(checkHost) : [`unix://${execRoot}/fairlead.sock`],
    group: read.text("group"),
    dataRoot: read.path("data-root"),
    execRoot,
    // Several daemons side by side have an exec root each; the pid file goes with it unless it is named.
    pidfile: values.has("pidfile") ? read.path("pidfile") : `${execRoot}/fairlead.pid`,
    configFile,
    logLevel: logLevel(read.text("log-level"), read.flag("debug")),
    labels: read.list("label").map(checkLabel),
    addressPools: pools(values.get("default-address-pool")),
    bridge: bridgeOptions(read),
    networkOptions: networkOptions(values.get("default-network-opt")),
    ipForward: read.flag("ip-forward"),
    directRouting: read.flag("allow-direct-routing"),
    hostGatewayIps: read
      .list("host-gateway-ip")
      .flatMap((text) => text.split(","))
      .map((ip) => checkIp("host-gateway-ip", ip)),
    dns: read.list("dns").map((ip) => checkIp("dns", ip)),
    dnsSearch: read.list("dns-search"),
    dnsOptions: read.list("dns-opt"),
    registries: { insecure: read.list("insecure-registry"), mirrors: read.list("registry-mirror").map(checkMirror) },
    cluster: clusterSettings(read.text),
    plugins: pluginSettings(read),
    namespaces: namespaceDefaults(read),
    logConfig: logConfigOf(read.text("log-driver"), values.get("log-opt")),
  };
}

type Reader = ReturnType<typeof reader>;

function reader(values: Values) {
  const byDefault = new Map(settings.map((setting) => [setting.name, setting.byDefault]));
  const value = (name: string) => values.get(name) ?? byDefault.get(name);
  const text = (name: string) => String(value(name) ?? "");
  return {
    text,
    flag: (name: string) => value(name) === true,
    list: (name: string) => (value(name) ?? []) as readonly string[],
    path(name: string): string {
      if (isAbsolute(text(name))) return text(name).replace(/(?<=.)\/+$/, "");
      throw invalid(`--${name}`, `"${text(name)}" must be an absolute path`);
    },
  };
}

function bridgeOptions(read: Reader): BuiltInBridge {
  const optional = <K extends string>(key: K, text: string) =>
    text === "" ? {} : ({ [key]: text } as Record<K, string>);
  const mtu = checkMtu(read.text("mtu"));
  const name = read.text("bridge");
  for (const own of ["bip", "bip6"])
    if (name && name !== "none" && read.text(own))
      throw invalid(`--${own}`, `"${read.text(own)}" is given with --bridge ${name}, whose own addresses count`);
  return {
    name,
    ...optional("bip", checkCidr("bip", read.text("bip"), 4)),
    ...optional("bip6", checkCidr("bip6", read.text("bip6"), 6)),
    ...optional("fixedCidr", checkCidr("fixed-cidr", read.text("fixed-cidr"), 4)),
    ...optional("fixedCidr6", checkCidr("fixed-cidr-v6", read.text("fixed-cidr-v6"), 6)),
    ...optional("gateway", checkIp("default-gateway", read.text("default-gateway"))),
    ...optional("gateway6", checkIp("default-gateway-v6", read.text("default-gateway-v6"))),
    ...(mtu > 0 ? { mtu } : {}),
    icc: read.flag("icc"),
    ipv6: read.flag("ipv6"),
    masquerade: read.flag("ip-masq"),
    hostIp: checkIp("ip", read.text("ip")),
  };
}

/** dockerd's, of moby's pkg/plugins/discovery_unix.go. */
const pluginDirectories = ["/run/docker/plugins", "/etc/docker/plugins", "/usr/lib/docker/plugins"];

function pluginSettings(read: Reader): PluginSettings {
  const given = read.list("plugin-directory");
  const relative = given.find((directory) => !isAbsolute(directory));
  if (relative !== undefined) throw invalid("--plugin-directory", `"${relative}" must be an absolute path`);
  const seconds = Number(read.text("plugin-timeout"));
  if (!(seconds >= 1 && seconds <= 600))
    throw invalid("--plugin-timeout", `"${read.text("plugin-timeout")}" is no number of seconds from 1 to 600`);
  return { directories: given.length > 0 ? given : pluginDirectories, timeoutMs: seconds * 1000 };
}

/** Containers have namespaces of their own unless something else is said. */
function namespaceDefaults({ text }: Reader): NamespaceDefaults {
  const [ipc, cgroup] = [text("default-ipc-mode"), text("default-cgroupns-mode")];
  if (ipc !== "private" && ipc !== "shareable")
    throw invalid("--default-ipc-mode", `"${ipc}" is neither private nor shareable`);
  if (cgroup !== "private" && cgroup !== "host")
    throw invalid("--default-cgroupns-mode", `"${cgroup}" is neither private nor host`);
  return { ...(ipc === "private" ? {} : { ipc }), ...(cgroup === "private" ? {} : { cgroup }) };
}

/** Options from the command line: ["max-size=10m"]; from the file: an object. */
function logConfigOf(type: string, given: unknown): LogConfig {
  const pairs = Array.isArray(given) ? (given as string[]).map((text) => text.split(/=(.*)/s, 2)) : [];
  const malformed = pairs.find(([, value]) => value === undefined);
  if (malformed) throw invalid("--log-opt", `"${malformed[0]}" must be option=value`);
  const options = (Array.isArray(given) ? Object.fromEntries(pairs) : (given ?? {})) as LogConfig["options"];
  checkLogConfig({ type, options });
  return { type, options };
}

const levels = ["debug", "info", "warn", "error", "fatal"] as const;

function logLevel(text: string, debug: boolean): DaemonOptions["logLevel"] {
  if (debug) return "debug";
  const level = levels.find((name) => name === text);
  if (level) return level;
  throw invalid("--log-level", `"${text}" is none of ${levels.join(", ")}`);
}

function checkHost(host: string): string {
  if (/^unix:\/\/\/./.test(host) || /^tcp:\/\/.*:\d+$/.test(host) || /^fd:\/\//.test(host)) return host;
  throw invalid("--host", `"${host}" is neither unix:///PATH, tcp://HOST:PORT nor fd://`);
}

function checkMirror(url: string): string {
  if (/^https?:\/\/[^/]/.test(url) && URL.canParse(url)) return url;
  throw invalid("--registry-mirror", `"${url}" must be https://HOST or http://HOST`);
}

function checkLabel(label: string): string {
  if (/^[^=\s]+=/.test(label)) return label;
  throw invalid("--label", `"${label}" must be key=value`);
}

function checkMtu(text: string): number {
  const mtu = Number(text);
  // ETH_MIN_MTU and ETH_MAX_MTU, include/uapi/linux/if_ether.h; 0 asks for the default.
  if (mtu === 0 || (Number.isInteger(mtu) && mtu >= 68 && mtu <= 65535)) return mtu;
  throw invalid("--mtu", `"${text}" is not a number from 68 to 65535`);
}

/** In canonical spelling, as records have it: another one of the same address is no change. */
function checkIp(name: string, text: string): string {
  if (text === "") return text;
  const ip = parseIp(text);
  if (ip) return formatIp(ip);
  throw invalid(`--${name}`, `"${text}" is no IP address`);
}

function checkCidr(name: string, text: string, family?: 4 | 6): string {
  if (text === "") return text;
  const [address = "", bits = "", ...rest] = text.split("/");
  const ip = parseIp(address);
  const fits = rest.length === 0 && /^\d+$/.test(bits) && Number(bits) <= (ip?.family === 6 ? 128 : 32);
  if (ip && fits && (family === undefined || family === ip.family)) return `${formatIp(ip)}/${Number(bits)}`;
  throw invalid(`--${name}`, `"${text}" is no ${family ? `IPv${family} ` : ""}address with a prefix length`);
}

/** From the command line: ["base=10.0.0.0/8,size=24"]; from the file: objects. */
function pools(value: unknown): DefaultPool[] {
  return ((value ?? []) as (string | DefaultPool)[]).map((item) =>
    checkPool(typeof item === "string" ? parsePool(item) : item),
  );
}

function parsePool(text: string): DefaultPool {
  const fields = Object.fromEntries(text.split(",").map((part) => part.split("=", 2)));
  if (fields["base"] && /^\d+$/.test(fields["size"] ?? ""))
    return { base: fields["base"], size: Number(fields["size"]) };
  throw invalid("--default-address-pool", `"${text}" must be base=CIDR,size=BITS`);
}

function checkPool({ base, size }: DefaultPool): DefaultPool {
  checkCidr("default-address-pool", base);
  const bits = Number(base.split("/")[1]);
  const most = base.includes(":") ? 128 : 32;
  if (Number.isInteger(size) && size >= bits && size <= most) return { base, size };
  throw invalid("--default-address-pool", `size ${size} of ${base} must be from ${bits} to ${most}`);
}

/** From the command line: ["bridge=com.docker.network.driver.mtu=1400"]; from the file: driver to options. */
function networkOptions(value: unknown): DaemonOptions["networkOptions"] {
  if (value === undefined) return {};
  if (!Array.isArray(value)) return value as DaemonOptions["networkOptions"];
  const result: Record<string, Record<string, string>> = {};
  for (const text of value as string[]) {
    const [, driver = "", key = "", option = ""] = /^([^=]+)=([^=]+)=(.*)$/.exec(text) ?? [];
    if (driver === "") throw invalid("--default-network-opt", `"${text}" must be driver=option=value`);
    result[driver] = { ...result[driver], [key]: option };
  }
  return result;
}
