import { keys } from "../../src/cluster/keys.ts";
import type { EndpointRecord, LiveRecord } from "../../src/cluster/records.ts";
import type { ClusterStore, Write } from "../../src/contracts/cluster-store.ts";
import { endpointOf, idOf, recordOf } from "./simulated-host.ts";

/** The endpoint of that number on a network, as that host publishes it. */
export function publishing(networkId: string, number: number, host: number): Write & { put: string } {
  const endpoint = endpointOf(networkId, number);
  const record: EndpointRecord = { ...endpoint, host: idOf(host), epoch: recordOf(host).epoch };
  return { put: keys.endpoint(networkId, endpoint.ipv4 ?? ""), value: JSON.stringify(record) };
}

/** A host's own keys. `live`: as if its daemon ran, without a lease. */
export function presence(host: number, { live }: { live: boolean }): Write[] {
  const record = recordOf(host);
  const living: LiveRecord = { epoch: record.epoch, since: record.created, version: "0.0.0" };
  return [
    { put: keys.host(record.id), value: JSON.stringify(record) },
    ...(live ? [{ put: keys.liveOf(record.id), value: JSON.stringify(living) }] : []),
  ];
}

/** A live host with so many endpoints on a network, numbered through all hosts. One transaction. */
export async function seedHost(store: ClusterStore, networkId: string, host: number, endpoints: number): Promise<void> {
  const published = Array.from({ length: endpoints }, (_, index) =>
    publishing(networkId, host * endpoints + index, host),
  );
  await store.txn([], [...presence(host, { live: true }), ...published]);
}
