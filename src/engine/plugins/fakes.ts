import type { RecordKind, Store } from "../../contracts/store.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import { State } from "../state.ts";

/** A State that begins with these records and keeps the rest in memory. */
export function stateWith(records: Partial<Record<RecordKind, readonly object[]>>): State {
  const store: Store = {
    all: <T>(kind: RecordKind) => (records[kind] ?? []) as T[],
    get: () => undefined,
    commit() {},
    close() {},
  };
  return new State(store);
}

/** A network of driver "net" that IPAM plugin "addresses" gives one pool. */
export const pluginNetwork = (id: string, name: string): Network => ({
  ...{ id, name, driver: "net", scope: "local", created: `2026-01-01T00:00:00.00000000${id.length}Z` },
  ...{ internal: false, attachable: false, ipv4: true, ipv6: false, ipamDriver: "addresses", ipamOptions: {} },
  pools: [
    {
      ...{ subnet: "10.9.0.0/24", gateway: "10.9.0.1", aux: {} },
      remote: { id: "pool-1", space: "local", gateway: true },
    },
  ],
  ...{ userSubnets: true, options: {}, labels: {}, mtu: 1500, configOnly: false, builtIn: false },
});

/** What a container has on one. */
export const pluginEndpoint = (id: string, networkId: string, ipv4: string): Endpoint => ({
  ...{ id, networkId, containerId: `container-of-${id}`, dnsNames: [], ipv4 },
  settings: { linkLocal: [], aliases: [], links: [], gwPriority: 0, driverOptions: {} },
});
