import { BlockList, isIP } from "node:net";
import { invalid } from "../../../base/errors.ts";

/** Daemon settings about registries. */
export interface RegistrySettings {
  /** Host[:port] or CIDR of registries without TLS, or with a certificate nobody vouches for (dockerd: --insecure-registry). */
  readonly insecure: readonly string[];
  /** URLs asked before Docker Hub (dockerd: --registry-mirror). */
  readonly mirrors: readonly string[];
}

/** Where a registry may answer. */
export interface Endpoint {
  /** Tried in this order: https, and http for one that need not be secure. */
  readonly urls: readonly string[];
  readonly insecure: boolean;
}

const hub = "docker.io";
const hubUrl = "https://registry-1.docker.io";

/** Endpoints to pull from, the mirrors first; push goes to the last alone. */
export function endpointsOf(domain: string, settings: RegistrySettings): Endpoint[] {
  if (domain !== hub) return [endpointOf(domain, settings)];
  const mirrors = settings.mirrors.map((url) => ({ urls: [url.replace(/\/+$/, "")], insecure: false }));
  return [...mirrors, { urls: [hubUrl], insecure: false }];
}

function endpointOf(domain: string, { insecure }: RegistrySettings): Endpoint {
  if (!isInsecure(domain, insecure)) return { urls: [`https://${domain}`], insecure: false };
  return { urls: [`https://${domain}`, `http://${domain}`], insecure: true };
}

/** Docker's rule: loopback need not be secure, nor what the settings name. */
function isInsecure(domain: string, settings: readonly string[]): boolean {
  const host = domain.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  if (host === "localhost" || settings.includes(domain) || settings.includes(host)) return true;
  const family = isIP(host);
  if (family === 0) return false;
  const list = new BlockList();
  for (const cidr of ["127.0.0.0/8", "::1/128", ...settings]) addSubnet(list, cidr);
  return list.check(host, family === 4 ? "ipv4" : "ipv6");
}

function addSubnet(list: BlockList, text: string): void {
  const [address = "", bits] = text.split("/");
  const family = isIP(address);
  if (family !== 0 && bits !== undefined) list.addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6");
}

/** What `docker login` calls a registry: "https://index.docker.io/v1/" is Docker Hub. */
export function domainOfServer(server: string): string {
  const host = server.replace(/^https?:\/\//, "").replace(/\/.*$/s, "");
  if (host === "" || host === "index.docker.io" || host === "registry-1.docker.io") return hub;
  if (/^[a-zA-Z0-9.:[\]-]+$/.test(host)) return host;
  throw invalid("registry", `"${server}" is no host name with an optional port`);
}
