import { EngineError } from "../../base/errors.ts";
import type { ClusterState, ClusterStatus, SurveyedHost } from "../../contracts/cluster.ts";
import type { Engine } from "../../engine/engine.ts";

/** Three hosts of a cluster: this one, one that is live and behind, one whose lease has run out. */
export class FakeCluster {
  readonly hostId = "1".repeat(64);
  readonly storeName = "etcd://10.0.0.1:2379/fairlead";
  /** What the use cases were called with. */
  readonly calls: unknown[][] = [];
  all: SurveyedHost[] = [
    { ...host("1", "lab"), ...live, seen: 90, lag: 0 },
    { ...host("2", "next"), ...live, seen: 83, lag: 7, drained: true },
    { ...host("23", "old"), state: "unknown" },
  ];
  present: ClusterState = {
    ...{
      state: "connected",
      connected: true,
      why: "",
      since: "2026-01-02T03:04:05.000Z",
      epoch: 3,
      seen: 90,
      waiting: 2,
      outages: 4,
    },
  };

  hosts = () => this.all;
  state = () => this.present;

  surveyHosts: Engine["cluster"]["surveyHosts"] = async (reference) =>
    reference === undefined ? this.all : [this.#find(reference)];

  removeHost: Engine["cluster"]["removeHost"] = async (reference) => {
    const { name, state } = this.#find(reference);
    if (state === "live")
      throw new EngineError("CLUSTER_HOST_REFUSED", { host: name, what: "remove", why: "its daemon is there" });
    this.calls.push(["removeHost", reference]);
  };

  drainHost: Engine["cluster"]["drainHost"] = async (reference, drained) => {
    if (this.present.state === "away")
      throw new EngineError("STORE_AWAY", { what: "drain", store: this.storeName, why: this.present.why });
    this.calls.push(["drainHost", this.#find(reference).name, drained]);
  };

  status = async (): Promise<ClusterStatus> => ({
    ...this.present,
    lag: 0,
    store: {
      ...{ address: this.storeName, version: "etcd 3.5.16", revision: 120, warnings: ["the database is almost full"] },
      members: [{ name: "a", endpoint: "10.0.0.1:2379", leader: true }],
    },
  });

  #find(reference: string): SurveyedHost {
    const found = this.all.find(({ id, name }) => name === reference || id.startsWith(reference));
    if (found) return found;
    throw new EngineError("CLUSTER_HOST_NOT_FOUND", { host: reference, known: this.all.map(({ name }) => name) });
  }
}

const live = { state: "live", since: "2026-01-02T03:04:05.000Z", version: "0.1.0" } as const;

const host = (digits: string, name: string): SurveyedHost => ({
  ...{ id: digits.padEnd(64, digits[0]), name, epoch: 3, vtep: `10.0.0.${digits}`, mtu: 1500, drained: false },
  ...{ created: "2026-01-01T00:00:00.000Z", state: "unknown" },
});
