import { after, before, test } from "node:test";
import { type EtcdProgram, EtcdServer, etcdPrograms } from "../../../lab/etcd.ts";
import { silentLog } from "../../base/log.ts";
import type { StoreAddress } from "../../contracts/cluster-store.ts";
import { conformanceTests } from "../testing/conformance.ts";
import type { Subject } from "../testing/subject.ts";
import { openEtcdStore } from "./store.ts";

const programs = etcdPrograms();
if (programs.length === 0) test("etcd", { skip: "no etcd was found: scripts/setup.sh test unpacks one" }, () => {});
for (const program of programs) conformanceTests(subjectOf(program));

function subjectOf(program: EtcdProgram): Subject {
  // Each version on a loopback address of its own: tests of one file run in turn, but servers stay until the end.
  const server = new EtcdServer({ program, address: `127.0.0.${programs.indexOf(program) + 2}` });
  before(() => server.start());
  after(() => server[Symbol.asyncDispose]());
  const address = (prefix: string): StoreAddress => ({ kind: "etcd", endpoints: [server.endpoint], prefix });
  return {
    name: `etcd ${program.version}`,
    leaseSeconds: 2,
    address,
    open: async (prefix) => openEtcdStore(address(prefix), silentLog, { timeoutMs: 2_500, scatterMs: 50 }),
    server,
  };
}
