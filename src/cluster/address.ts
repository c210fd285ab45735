import { isIPv6 } from "node:net";
import { invalid } from "../base/errors.ts";
import type { StoreAddress } from "../contracts/cluster-store.ts";

const schemes = {
  etcd: { kind: "etcd", tls: false, port: 2379 },
  etcds: { kind: "etcd", tls: true, port: 2379 },
  consul: { kind: "consul", tls: false, port: 8500 },
  consuls: { kind: "consul", tls: true, port: 8501 },
} as const;

const shape = "etcd://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...][/PREFIX], with etcds, consul or consuls for etcd";

/** What is given beside the URL. */
export interface AddressOptions {
  /** Paths of PEM files. Any of them means TLS, as etcds:// and consuls:// do. */
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** Instead of the one in the URL, which every user of the machine sees in the list of processes. */
  readonly password?: string;
}

/**
 * Parses what --cluster takes. Throws INVALID with what is wrong; what may be a secret is never in it.
 *
 * @example
 * parseClusterAddress("etcds://host1:PASSWORD@10.0.0.1,10.0.0.2:2379/lab", { ca: "/etc/etcd/ca.pem" });
 */
export function parseClusterAddress(text: string, options: AddressOptions = {}): StoreAddress {
  const [, name = "", rest = ""] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? [];
  if (!Object.hasOwn(schemes, name)) throw refused(`it must be ${shape}`);
  const scheme = schemes[name as keyof typeof schemes];
  const at = rest.lastIndexOf("@");
  const [hosts = "", ...path] = rest.slice(at + 1).split("/");
  const prefix = path.join("/").replace(/\/$/, "");
  const tls = tlsOf(scheme.tls, options);
  return {
    kind: scheme.kind,
    endpoints: endpointsOf(hosts, scheme.port),
    prefix: prefix === "" ? "fairlead" : checkedPrefix(prefix),
    ...(tls && { tls }),
    ...credentialsOf(scheme.kind, at < 0 ? undefined : rest.slice(0, at), options.password),
  };
}

/** For logs and people: without user and password. */
export function formatClusterAddress({ kind, endpoints, prefix, tls }: StoreAddress): string {
  return `${kind}${tls ? "s" : ""}://${endpoints.join(",")}/${prefix}`;
}

const refused = (why: string): Error => invalid("--cluster", why);

function endpointsOf(hosts: string, defaultPort: number): string[] {
  const endpoints = hosts.split(",").map((host) => endpointOf(host, defaultPort));
  const twice = endpoints.find((endpoint, index) => endpoints.indexOf(endpoint) !== index);
  if (twice !== undefined) throw refused(`${twice} is there twice`);
  return endpoints;
}

function endpointOf(text: string, defaultPort: number): string {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? "";
  if (bracketed !== undefined ? !isIPv6(bracketed) : !isHost(host)) {
    throw refused(`"${text}" is no HOST:PORT: give a name, an IPv4 address, or an IPv6 address in brackets`);
  }
  const number = port === undefined ? defaultPort : Number(port);
  if ((port !== undefined && !/^\d+$/.test(port)) || number < 1 || number > 65_535) {
    throw refused(`the port of "${text}" must be a number from 1 to 65535`);
  }
  return bracketed === undefined ? `${host}:${number}` : `[${host}]:${number}`;
}

/** Names of RFC 1123 and IPv4 addresses. All digits and dots: must then be an address. */
function isHost(host: string): boolean {
  const name = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*[.]?$/i;
  const octets = /^((25[0-5]|2[0-4]\d|1?\d?\d)([.]|$)){4}$/;
  return /^[\d.]+$/.test(host) ? octets.test(host) && !host.endsWith(".") : name.test(host);
}

function checkedPrefix(prefix: string): string {
  if (/^[\w.-]+(\/[\w.-]+)*$/.test(prefix)) return prefix;
  throw refused(
    `the prefix "${prefix}" must be names of letters, digits, ".", "_" and "-" with single slashes between`,
  );
}

function credentialsOf(
  kind: StoreAddress["kind"],
  text: string | undefined,
  given: string | undefined,
): Pick<StoreAddress, "user" | "password"> {
  if (text?.includes("/")) {
    throw refused('there is a "/" before the "@": write it as %2F in user and password; the prefix cannot have an "@"');
  }
  const colon = text?.indexOf(":") ?? -1;
  const user = decoded(colon < 0 ? text : text?.slice(0, colon));
  const password = given ?? decoded(colon < 0 ? undefined : text?.slice(colon + 1));
  if (kind === "consul" && user) {
    throw refused("Consul has no users: give its token as the password, consul://:TOKEN@HOST, or in a file");
  }
  if (kind === "etcd" && password && !user) {
    throw refused(
      "a password needs its user: etcd://USER:PASSWORD@HOST, or etcd://USER@HOST and the password in a file",
    );
  }
  return { ...(user && { user }), ...(password && { password }) };
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    throw refused('user and password have a "%" that is no escape: write it as %25');
  }
}

function tlsOf(wanted: boolean, { ca, certificate, key }: AddressOptions): StoreAddress["tls"] {
  if ((certificate === undefined) !== (key === undefined)) {
    throw refused("a client certificate needs its key and a key its certificate: give both files or none");
  }
  const files = { ...(ca && { ca }), ...(certificate && { certificate }), ...(key && { key }) };
  return wanted || Object.keys(files).length > 0 ? files : undefined;
}
