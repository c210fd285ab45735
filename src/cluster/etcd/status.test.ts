import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatusResponse } from "./protocol.ts";
import { describe } from "./status.ts";

const header = { cluster_id: 1, member_id: 11, revision: 42 };
const healthy: StatusResponse = {
  header,
  version: "3.5.16",
  dbSize: 1024 ** 2,
  dbSizeInUse: 1024 ** 2,
  dbSizeQuota: 0,
  leader: 12,
  errors: [],
  isLearner: false,
};
const members = [
  { ID: 11, name: "a", clientURLs: ["http://10.1.0.1:2379"], isLearner: false },
  { ID: 12, name: "b", clientURLs: ["https://10.1.0.2:2379"], isLearner: false },
];
const at = (status: Partial<StatusResponse>) => [{ endpoint: "10.0.0.1:2379", status: { ...healthy, ...status } }];

test("describe() names members as they are reached, or as they say, and the leader", () => {
  assert.deepEqual(describe(healthy, members, at({})), {
    version: "etcd 3.5.16",
    members: [
      { name: "a", endpoint: "10.0.0.1:2379", leader: false },
      { name: "b", endpoint: "10.1.0.2:2379", leader: true },
    ],
    warnings: [],
    revision: 42,
  });
});

const gibibyte = 1024 ** 3;
const cases: Record<string, [Partial<StatusResponse>, RegExp]> = {
  "an old version": [{ version: "3.4.23" }, /3[.]4[.]23 can lose events/],
  "a database near the default quota": [
    { dbSize: 1.9 * gibibyte, dbSizeInUse: 1.8 * gibibyte },
    /10[.]0[.]0[.]1:2379 is almost full, 1946 MiB of 2048 MiB \(the default quota\): compact and defragment it, or raise/,
  ],
  "a database near its quota, mostly free pages": [
    { dbSize: 7 * gibibyte, dbSizeInUse: gibibyte, dbSizeQuota: 8 * gibibyte },
    /7168 MiB of 8192 MiB: only 1024 MiB are in use: defragment it/,
  ],
  "the alarm NOSPACE": [{ errors: ["memberID:1 alarm:NOSPACE "] }, /alarm NOSPACE: its database is full/],
  "the alarm CORRUPT": [{ errors: ["memberID:1 alarm:CORRUPT "] }, /alarm CORRUPT: its data differs/],
  "no leader": [{ leader: 0 }, /no leader/],
};
for (const [name, [status, warning]] of Object.entries(cases)) {
  test(`describe() warns of ${name}`, () => {
    const { warnings } = describe(healthy, members, at(status));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", warning);
  });
}

test("describe() warns of a member that does not answer and of a learner", () => {
  const learner = { ID: 13, name: "c", clientURLs: [], isLearner: true };
  const answers = [...at({}), { endpoint: "10.0.0.2:2379", why: "connect ECONNREFUSED 10.0.0.2:2379" }];
  assert.deepEqual(describe(healthy, [...members, learner], answers).warnings, [
    "The member at 10.0.0.2:2379 does not answer (connect ECONNREFUSED 10.0.0.2:2379).",
    "Member c is a learner: it has no vote and serves nobody until it is promoted.",
  ]);
});
