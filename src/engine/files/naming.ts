import { isLoopback, parseIp } from "../../base/ip.ts";
import type { Upstream } from "../../contracts/names.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { formatResolvConf, type ResolvConf } from "./resolv-conf.ts";

/** The daemon's --dns, --dns-search and --dns-opt: for containers that say nothing of their own. */
export interface DaemonNaming {
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
}

/** Where the embedded resolver listens, in every sandbox. */
export const resolverAddress = "127.0.0.11";
const dnsPort = 53;
/** MAXNS of resolv.conf(5), and Docker's limit. */
const mostServers = 3;

/**
 * Where a container's resolver forwards what it does not own. Servers of its own, and those that came with a lease, are
 * asked from its sandbox, as if it asked them itself; the daemon's and the host's from the host, where their addresses
 * (loopback ones too) mean something. What is configured wins over what a lease brings, and that over the host's.
 */
export function upstreamsFor(
  { config }: Container,
  daemon: DaemonNaming,
  host: ResolvConf,
  endpoints: readonly Endpoint[],
): Upstream[] {
  const lent = lentTo(endpoints, "dns");
  const from = config.dns.length > 0 || (daemon.dns.length === 0 && lent.length > 0) ? "sandbox" : "host";
  const [servers = []] = [config.dns, daemon.dns, lent, host.nameservers].filter((list) => list.length > 0);
  // Ourselves: it would go round in circles.
  const others = servers.filter((address) => address !== resolverAddress);
  return others.slice(0, mostServers).map((address) => ({ address, port: dnsPort, from }));
}

/** What the leases of a container's endpoints brought, each once. */
const lentTo = (endpoints: readonly Endpoint[], what: "dns" | "search"): string[] => [
  ...new Set(endpoints.flatMap(({ leases }) => [leases?.ipv4, leases?.ipv6]).flatMap((lease) => lease?.[what] ?? [])),
];

interface Chosen {
  readonly values: readonly string[];
  readonly origin: "container" | "daemon" | "lease" | "host";
}

function choose(
  container: readonly string[],
  daemon: readonly string[],
  lease: readonly string[],
  host: readonly string[],
): Chosen {
  if (container.length > 0) return { values: container, origin: "container" };
  if (daemon.length > 0) return { values: daemon, origin: "daemon" };
  return lease.length > 0 ? { values: lease, origin: "lease" } : { values: host, origin: "host" };
}

const head = "Made by Fairlead for this container; once it has been edited it is left alone.";

/** /etc/resolv.conf of a container. */
export function resolvConfFor(
  container: Container,
  daemon: DaemonNaming,
  host: ResolvConf,
  endpoints: readonly Endpoint[],
): string {
  const { config } = container;
  const search = choose(config.dnsSearch, daemon.dnsSearch, lentTo(endpoints, "search"), host.search);
  const options = choose(config.dnsOptions, daemon.dnsOptions, [], host.options);
  const servers = serversFor(container, daemon, host, endpoints);
  const ndots = servers.embedded && !options.values.some((option) => option.startsWith("ndots:"));
  const conf = {
    nameservers: servers.list,
    // "." asks for none at all.
    search: search.values.filter((domain) => domain !== "."),
    options: [...options.values, ...(ndots ? ["ndots:0"] : [])],
  };
  const origins = `search: ${search.origin}, options: ${options.origin}${ndots ? " and ndots: embedded resolver" : ""}`;
  return formatResolvConf(conf, [head, servers.comment, `Origin of the rest: ${origins}`]);
}

function serversFor(container: Container, daemon: DaemonNaming, host: ResolvConf, endpoints: readonly Endpoint[]) {
  const { kind } = container.config.networkMode;
  const { values, origin } = choose(container.config.dns, daemon.dns, lentTo(endpoints, "dns"), host.nameservers);
  const plain = { embedded: false, comment: `Name servers: ${origin}` };
  if (kind === "host") return { ...plain, list: values };
  // Without a network only its own loopback is there, and nobody listens.
  if (kind === "none") return { ...plain, list: values.filter((address) => !isLoopbackText(address)) };
  const upstreams = upstreamsFor(container, daemon, host, endpoints).map(
    ({ address, from }) => `${address} from the ${from}`,
  );
  const comment = `The embedded resolver asks (${origin}): ${upstreams.join(", ") || "nobody"}`;
  return { embedded: true, comment, list: [resolverAddress] };
}

function isLoopbackText(text: string): boolean {
  const ip = parseIp(text);
  return ip !== undefined && isLoopback(ip);
}
