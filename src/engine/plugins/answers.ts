import { formatCidr, networkOfAddress } from "../../base/cidr.ts";
import { EngineError } from "../../base/errors.ts";
import { isInterfaceName } from "../../base/interface-name.ts";
import { formatIp, parseIp } from "../../base/ip.ts";
import { parseMac } from "../../base/mac.ts";
import { onLink } from "../../contracts/driver.ts";
import type { PluginAnswer } from "../../contracts/plugins.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Plugged } from "../../model/plugin.ts";

/** Reads one answer of a plugin; what makes no sense is refused with words. */
export class AnswerReader {
  readonly #plugin: string;
  readonly #verb: string;
  readonly #answer: PluginAnswer;

  constructor(plugin: string, verb: string, answer: PluginAnswer) {
    this.#plugin = plugin;
    this.#verb = verb;
    this.#answer = answer;
  }

  refuse(why: string): EngineError {
    return new EngineError("PLUGIN_ANSWER", { plugin: this.#plugin, verb: this.#verb, why });
  }

  /** "" where it is absent or null. */
  text(field: string): string {
    const value = this.#answer[field] ?? "";
    if (typeof value === "string") return value;
    throw this.refuse(`${field} is ${JSON.stringify(value)}, and a text is wanted`);
  }
  flag(field: string): boolean {
    const value = this.#answer[field] ?? false;
    if (typeof value === "boolean") return value;
    throw this.refuse(`${field} is ${JSON.stringify(value)}, and true or false is wanted`);
  }
  /** An object in it, with a reader of its own; an empty one where it is absent. */
  inner(field: string): AnswerReader {
    const value = this.#answer[field] ?? {};
    if (typeof value !== "object" || Array.isArray(value)) throw this.refuse(`${field} is no object`);
    return new AnswerReader(this.#plugin, this.#verb, value as PluginAnswer);
  }
  list(field: string): AnswerReader[] {
    const value = this.#answer[field] ?? [];
    if (!Array.isArray(value)) throw this.refuse(`${field} is no list`);
    return value.map((each) => new AnswerReader(this.#plugin, this.#verb, (each ?? {}) as PluginAnswer));
  }
  /** Texts by name; undefined without any. */
  texts(field: string): Readonly<Record<string, string>> | undefined {
    const value = this.#answer[field] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== "object") throw this.refuse(`${field} is no object`);
    return Object.fromEntries(Object.entries(value as object).map(([name, each]) => [name, String(each)]));
  }

  /** An address with its prefix length, in canonical form. */
  cidr(field: string, family: 4 | 6 | undefined): string | undefined {
    const text = this.text(field);
    if (text === "") return undefined;
    const [address = "", length = ""] = text.split("/");
    const ip = parseIp(address);
    const fits = ip && /^\d+$/.test(length) && Number(length) <= (ip.family === 4 ? 32 : 128);
    if (fits && (family === undefined || ip.family === family)) return `${formatIp(ip)}/${Number(length)}`;
    throw this.refuse(`${field} "${text}" is no IPv${family ?? "4 or IPv6"} address with a prefix length`);
  }
  address(field: string, family?: 4 | 6): string | undefined {
    const text = this.text(field);
    if (text === "") return undefined;
    const ip = parseIp(text);
    if (ip && (family === undefined || ip.family === family)) return formatIp(ip);
    throw this.refuse(`${field} "${text}" is no IPv${family ?? "4 or IPv6"} address`);
  }
  mac(field: string): string | undefined {
    const text = this.text(field);
    try {
      return text === "" ? undefined : parseMac(text);
    } catch {
      throw this.refuse(`${field} "${text}" is no MAC address`);
    }
  }
  interfaceName(field: string): string {
    const text = this.text(field);
    if (text === "" || isInterfaceName(text)) return text;
    throw this.refuse(`${field} "${text}" is no name of an interface`);
  }
}

type Given = Pick<Plugged, "gave"> & Partial<Pick<Endpoint, "ipv4" | "ipv6" | "mac">>;

/** CreateEndpoint: only what the endpoint lacks may be filled in; the same once more does no harm. */
export function readInterface(reader: AnswerReader, endpoint: Endpoint): Given {
  const face = reader.inner("Interface");
  const answered = {
    ipv4: face.cidr("Address", 4),
    ipv6: face.cidr("AddressIPv6", 6),
    mac: face.mac("MacAddress"),
  };
  const gave: Plugged["gave"][number][] = [];
  for (const field of ["ipv4", "ipv6", "mac"] as const) {
    const [has, gets] = [endpoint[field], answered[field]];
    if (has !== undefined && gets !== undefined && has !== gets)
      throw reader.refuse(`driver modified interface ${words[field]}: ${has} was given, and it says ${gets}`);
    if (has === undefined && gets !== undefined) gave.push(field);
  }
  const values = Object.fromEntries(gave.map((field) => [field, answered[field]]));
  return { gave, ...values };
}

const words = { ipv4: "address", ipv6: "IPv6 address", mac: "MAC address" } as const;

/** Join: the link, its names, and the ways out. */
export function readJoin(reader: AnswerReader) {
  const names = reader.inner("InterfaceName");
  const routes = reader.list("StaticRoutes").map(readRoute);
  const isDefault = (family: 4 | 6) => (route: Route) => route.destination === (family === 4 ? "0.0.0.0/0" : "::/0");
  const way = (family: 4 | 6, field: string) => {
    const route = routes.find(isDefault(family));
    return reader.address(field, family) ?? (route && (route.gateway ?? onLink));
  };
  const [ipv4, ipv6] = [way(4, "Gateway"), way(6, "GatewayIPv6")];
  return {
    link: names.interfaceName("SrcName"),
    name: names.interfaceName("DstName"),
    prefix: names.interfaceName("DstPrefix"),
    gateways: { ...(ipv4 ? { ipv4 } : {}), ...(ipv6 ? { ipv6 } : {}) },
    // One default route is chosen among all networks of the container.
    routes: routes.filter((route) => !isDefault(4)(route) && !isDefault(6)(route)),
    gatewayService: !reader.flag("DisableGatewayService"),
  };
}

type Route = Plugged["routes"][number];

function readRoute(reader: AnswerReader): Route {
  const destination = reader.cidr("Destination", undefined);
  if (destination === undefined) throw reader.refuse("a static route has no Destination");
  const gateway = reader.address("NextHop", destination.includes(":") ? 6 : 4);
  return { destination: formatCidr(networkOfAddress(destination)), ...(gateway ? { gateway } : {}) };
}
