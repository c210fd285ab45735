import { after, before, test } from "node:test";
import { type EtcdProgram, EtcdServer } from "../../../lab/etcd.ts";
import { silentLog } from "../../base/log.ts";
import type { StoreAddress } from "../../contracts/cluster-store.ts";
import { openEtcdStore } from "../etcd/store.ts";
import { conformanceTests } from "./conformance.ts";

/** Runs the conformance suite on one member of this version of etcd, or says loudly that there is none. */
export function etcdConformanceTests(program: EtcdProgram | undefined): void {
  if (!program) {
    test("etcd adapter", { skip: "this etcd is not there: scripts/setup.sh test unpacks Debian's" }, () => {});
    return;
  }
  const server = new EtcdServer({ program });
  before(() => server.start());
  after(() => server[Symbol.asyncDispose]());
  const address = (prefix: string): StoreAddress => ({ kind: "etcd", endpoints: [server.endpoint], prefix });
  conformanceTests({
    name: `etcd ${program.version}`,
    leaseSeconds: 2, // etcd grants no less than 1.5 times the time of an election
    address,
    open: async (prefix) => openEtcdStore(address(prefix), silentLog, { timeoutMs: 2_500, scatterMs: 50 }),
    server,
  });
}
