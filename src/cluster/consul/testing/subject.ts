import type { ConsulServer } from "../../../../lab/consul.ts";
import { silentLog } from "../../../base/log.ts";
import type { StoreAddress } from "../../../contracts/cluster-store.ts";
import type { Subject } from "../../testing/subject.ts";
import { openConsulStore } from "../store.ts";

/** Consul for the conformance suite. */
export function subjectOf(server: ConsulServer): Subject {
  const address = (prefix: string): StoreAddress => ({ kind: "consul", endpoints: [server.endpoint], prefix });
  return {
    name: "consul",
    leaseSeconds: 10,
    address,
    open: async (prefix) => openConsulStore(address(prefix), silentLog),
    server: { kill: () => server.kill(), start: () => server.start() },
  };
}
