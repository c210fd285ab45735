import { isLoopback, parseIp } from "../../base/ip.ts";
import type { Upstream } from "../../contracts/names.ts";
import type { Container } from "../../model/container.ts";
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
 * Where a container's resolver forwards what it does not own. Servers of its own are asked from its sandbox, as if it
 * asked them itself; the daemon's and the host's from the host, where their addresses (loopback ones too) mean something.
 */
export function upstreamsFor({ config }: Container, daemon: DaemonNaming, host: ResolvConf): Upstream[] {
  const from = config.dns.length > 0 ? "sandbox" : "host";
  const [servers = []] = [config.dns, daemon.dns, host.nameservers].filter((list) => list.length > 0);
  // Ourselves: it would go round in circles.
  const others = servers.filter((address) => address !== resolverAddress);
  return others.slice(0, mostServers).map((address) => ({ address, port: dnsPort, from }));
}

interface Chosen {
  readonly values: readonly string[];
  readonly origin: "container" | "daemon" | "host";
}

function choose(container: readonly string[], daemon: readonly string[], host: readonly string[]): Chosen {
  if (container.length > 0) return { values: container, origin: "container" };
  return daemon.length > 0 ? { values: daemon, origin: "daemon" } : { values: host, origin: "host" };
}

const head = "Made by Fairlead for this container; once it has been edited it is left alone.";

/** /etc/resolv.conf of a container. */
export function resolvConfFor(container: Container, daemon: DaemonNaming, host: ResolvConf): string {
  const { config } = container;
  const search = choose(config.dnsSearch, daemon.dnsSearch, host.search);
  const options = choose(config.dnsOptions, daemon.dnsOptions, host.options);
  const servers = serversFor(container, daemon, host);
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

function serversFor(container: Container, daemon: DaemonNaming, host: ResolvConf) {
  const { kind } = container.config.networkMode;
  const { values, origin } = choose(container.config.dns, daemon.dns, host.nameservers);
  const plain = { embedded: false, comment: `Name servers: ${origin}` };
  if (kind === "host") return { ...plain, list: values };
  // Without a network only its own loopback is there, and nobody listens.
  if (kind === "none") return { ...plain, list: values.filter((address) => !isLoopbackText(address)) };
  const upstreams = upstreamsFor(container, daemon, host).map(({ address, from }) => `${address} from the ${from}`);
  const comment = `The embedded resolver asks (${origin}): ${upstreams.join(", ") || "nobody"}`;
  return { embedded: true, comment, list: [resolverAddress] };
}

function isLoopbackText(text: string): boolean {
  const ip = parseIp(text);
  return ip !== undefined && isLoopback(ip);
}
