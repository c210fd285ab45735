import { isIP } from "node:net";
import { splitCsv } from "./csv.ts";

/** One `--network`: a name, or "name=web,alias=a,ip=10.0.0.2,...". */
export interface NetworkAsk {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly ip: string;
  readonly ip6: string;
  readonly mac: string;
  readonly linkLocal: readonly string[];
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly gwPriority: number;
}

/** The flags for the first network that stand beside --network. */
export interface NetworkFlags {
  readonly network: readonly string[];
  readonly networkAlias: readonly string[];
  readonly ip: string;
  readonly ip6: string;
  readonly macAddress: string;
  readonly linkLocalIp: readonly string[];
  readonly link: readonly string[];
}

export function parseNetwork(text: string): NetworkAsk {
  const ask = { name: "", aliases: [] as string[], ip: "", ip6: "", mac: "", linkLocal: [] as string[] };
  const driverOptions: Record<string, string> = {};
  let gwPriority = 0;
  if (!text.includes("=")) return { ...ask, name: text, driverOptions, gwPriority };
  for (const field of splitCsv(text)) {
    const equals = field.indexOf("=");
    if (equals < 1) throw new Error(`invalid field ${field} in network "${text}": it must be key=value`);
    // Docker puts all of the field in lower case; a driver option's value is the driver's to read.
    const [key, value] = [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1).trim()];
    if (key === "name") ask.name = value;
    else if (key === "alias") ask.aliases.push(value);
    else if (key === "ip" || key === "ip6") ask[key] = address(value, key);
    else if (key === "mac-address") ask.mac = macAddress(value);
    else if (key === "link-local-ip") ask.linkLocal.push(value);
    else if (key === "driver-opt") Object.assign(driverOptions, parseDriverOption(value));
    else if (key === "gw-priority") gwPriority = wholeNumber(value);
    else throw new Error(`invalid field key ${key} in network "${text}"`);
  }
  if (ask.name === "") throw new Error(`network name/id is not specified in "${text}"`);
  return { ...ask, driverOptions, gwPriority };
}

/** "key=value" of --driver-opt, the key in lower case. */
export function parseDriverOption(text: string): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals < 1) throw new Error(`invalid key value pair format in driver options: "${text}"`);
  return { [text.slice(0, equals).trim().toLowerCase()]: text.slice(equals + 1).trim() };
}

/** HostConfig.NetworkMode and NetworkingConfig.EndpointsConfig. */
export function networkingOf(flags: NetworkFlags): { mode: string; endpoints: Record<string, object> } {
  const asks = flags.network.map(parseNetwork);
  const first = withFlags(asks[0] ?? parseNetwork("default"), flags);
  const all = [first, ...asks.slice(1)];
  const names = all.map(({ name }) => name);
  if (all.length > 1 && !names.every(isUserDefined)) {
    throw new Error("conflicting options: cannot attach both user-defined and non-user-defined network-modes");
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`network "${twice}" is specified multiple times`);
  const links = isUserDefined(first.name) && !first.name.startsWith("container:") ? flags.link : [];
  const endpoints = all.map((ask, index): [string, object] => [ask.name, endpointOf(ask, index === 0 ? links : [])]);
  // A network without settings is named by the mode already.
  const needed = endpoints.filter(
    ([, settings], index) => index > 0 || all.length > 1 || Object.keys(settings).length > 0,
  );
  return { mode: first.name, endpoints: Object.fromEntries(needed) };
}

const isUserDefined = (name: string): boolean =>
  !["default", "bridge", "host", "none"].includes(name) && !name.startsWith("container:");

/** Docker's rule: a setting of the first network is given in one place. */
function withFlags(ask: NetworkAsk, flags: NetworkFlags): NetworkAsk {
  const both = (flag: string, given: boolean, own: boolean, what: string) => {
    if (given && own) throw new Error(`conflicting options: cannot specify both ${flag} and per-network ${what}`);
  };
  both("--network-alias", flags.networkAlias.length > 0, ask.aliases.length > 0, "alias");
  both("--ip", flags.ip !== "", ask.ip !== "", "IPv4 address");
  both("--ip6", flags.ip6 !== "", ask.ip6 !== "", "IPv6 address");
  both("--mac-address", flags.macAddress !== "", ask.mac !== "", "MAC address");
  both("--link-local-ip", flags.linkLocalIp.length > 0, ask.linkLocal.length > 0, "link-local IP addresses");
  return {
    ...ask,
    aliases: [...ask.aliases, ...flags.networkAlias],
    ip: ask.ip || address(flags.ip, "--ip"),
    ip6: ask.ip6 || address(flags.ip6, "--ip6"),
    mac: ask.mac || macAddress(flags.macAddress),
    linkLocal: [...ask.linkLocal, ...flags.linkLocalIp],
  };
}

/** Docker's EndpointSettings, of what was asked only. */
export function endpointOf(ask: Omit<NetworkAsk, "name">, links: readonly string[]): object {
  const ipam = {
    ...(ask.ip ? { IPv4Address: ask.ip } : {}),
    ...(ask.ip6 ? { IPv6Address: ask.ip6 } : {}),
    ...(ask.linkLocal.length > 0 ? { LinkLocalIPs: ask.linkLocal } : {}),
  };
  return {
    ...(Object.keys(ipam).length > 0 ? { IPAMConfig: ipam } : {}),
    ...(links.length > 0 ? { Links: links } : {}),
    ...(ask.aliases.length > 0 ? { Aliases: ask.aliases } : {}),
    ...(ask.mac ? { MacAddress: ask.mac } : {}),
    ...(Object.keys(ask.driverOptions).length > 0 ? { DriverOpts: ask.driverOptions } : {}),
    ...(ask.gwPriority === 0 ? {} : { GwPriority: ask.gwPriority }),
  };
}

/** An address as written, checked for its family; "" stays "". */
export function address(text: string, flag: string): string {
  const family = flag.endsWith("6") ? 6 : 4;
  if (text === "" || isIP(text) === family) return text;
  throw new Error(`invalid ${flag}: "${text}" is no IPv${family} address`);
}

function macAddress(text: string): string {
  if (text === "" || /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) return text;
  throw new Error(`${text} is not a valid mac address`);
}

function wholeNumber(text: string): number {
  if (/^[+-]?\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`invalid gw-priority: ${text}: it is not a whole number`);
}
