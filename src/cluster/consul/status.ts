import type { StoreStatus } from "../../contracts/cluster-store.ts";
import type { Agents } from "./agents.ts";

/** A server as the catalog has it, under the service "consul". */
interface Server {
  readonly Node: string;
  readonly Address: string;
  readonly ServicePort: number;
  readonly ServiceMeta: Readonly<Record<string, string>> | null;
}

const limits =
  "Consul sends everything below a followed prefix at every change, and lets go of a dead host only after up to twice the lease's time: use it for some hundreds of hosts and some thousands of endpoints, and etcd beyond";

/** Reads what /v1/status and the catalog say. `revision`: read by the caller. */
export async function readStatus(agents: Agents, timeoutMs: number, revision: number): Promise<StoreStatus> {
  const read = async <T>(path: string): Promise<T> => {
    const call = { what: "read the store's status", method: "GET", path, safe: true, answers: [200] } as const;
    return JSON.parse((await agents.send({ ...call, patience: timeoutMs })).body) as T;
  };
  const [leader, peers, servers] = await Promise.all([
    read<string>("/status/leader"),
    read<readonly string[]>("/status/peers"),
    read<readonly Server[]>("/catalog/service/consul"),
  ]);
  const names = new Map(servers.map((server) => [addressOf(server), server.Node]));
  const members = peers.map((peer) => ({ name: names.get(peer) ?? peer, endpoint: peer, leader: peer === leader }));
  const versions = servers.map(({ ServiceMeta }) => ServiceMeta?.["version"] ?? "").filter((version) => version !== "");
  return { version: versionOf(versions), members, warnings: warningsOf(versions, peers.length), revision };
}

const addressOf = ({ Address, ServicePort }: Server): string =>
  Address.includes(":") ? `[${Address}]:${ServicePort}` : `${Address}:${ServicePort}`;

/** Of the oldest server: it decides what can be relied on. */
const versionOf = (versions: readonly string[]): string => {
  const [oldest] = versions.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return oldest === undefined ? "consul" : `consul ${oldest}`;
};

function warningsOf(versions: readonly string[], peers: number): string[] {
  const warnings = [limits];
  if (versions.length === 0) {
    warnings.push('its version cannot be read: give the token the policies node_prefix "" and service "consul" read');
  }
  const old = versions.find((version) => version.localeCompare("1.8", "en", { numeric: true }) < 0);
  if (old) warnings.push(`server version ${old} was never tried: use 1.8 or newer`);
  if (peers < 3)
    warnings.push(
      `it has ${peers === 1 ? "one server" : `${peers} servers`}: with three it would survive the loss of one`,
    );
  return warnings;
}
