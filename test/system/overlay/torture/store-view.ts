import type { ClusterHost } from "../../../../lab/cluster/cluster-host.ts";
import { memberNumber } from "../../../../lab/cluster/store.ts";
import { wires } from "../../../../lab/cluster/switches.ts";
import type { EndpointRecord, HostRecord } from "../../../../src/cluster/records.ts";

/** What the etcd of a lab has, read through its JSON gateway. */
export interface StoreView {
  readonly hosts: ReadonlyMap<string, HostRecord>;
  /** Those that count, by "network/address". */
  readonly endpoints: ReadonlyMap<string, EndpointRecord>;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");
const plain = (text: string) => Buffer.from(text, "base64").toString();

/** Asks from a host that reaches the store. */
export async function readStore(host: ClusterHost): Promise<StoreView> {
  const root = "fairlead/";
  const body = JSON.stringify({ key: base64(root), range_end: base64("fairlead0") });
  const url = `http://${wires.storenet.ipv4(memberNumber(0))}:2379/v3/kv/range`;
  const { kvs = [] } = JSON.parse(await host.run("curl", "-sf", "-m", "5", "-d", body, url)) as {
    kvs?: { key: string; value: string }[];
  };
  const entries = kvs.map(({ key, value }) => [plain(key).slice(root.length), plain(value)] as const);
  const below = <T>(prefix: string) =>
    entries
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]): [string, T] => [key.slice(prefix.length), JSON.parse(value) as T]);
  const hosts = new Map(below<HostRecord>("hosts/"));
  const counts = ([, { host: id, epoch }]: [string, EndpointRecord]) => hosts.get(id)?.epoch === epoch;
  return { hosts, endpoints: new Map(below<EndpointRecord>("endpoints/").filter(counts)) };
}
