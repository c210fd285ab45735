import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { withCode } from "../testing/subject.ts";
import { explain, type FailureKind, toEngineError } from "./failure.ts";

const refusedConnection =
  "No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1 (2026-01-02T03:04:05.678Z). Resolution note: ";
const cases: [code: status, details: string, kind: FailureKind, perhapsDone: boolean, why: string][] = [
  [status.UNAVAILABLE, refusedConnection, "away", false, "connect ECONNREFUSED 127.0.0.1:1"],
  [status.UNAVAILABLE, "Connection dropped", "away", true, "Connection dropped"],
  [
    status.UNAVAILABLE,
    "No connection established. Last error: unable to verify the first certificate. Resolution note: ",
    "refused",
    false,
    "unable to verify the first certificate",
  ],
  [
    status.UNAVAILABLE,
    "Connection dropped: write EPROTO 40:error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate",
    "away",
    true,
    "",
  ],
  [
    status.DEADLINE_EXCEEDED,
    "Deadline exceeded after 2.5s,remote_addr=10.0.0.1:1",
    "away",
    true,
    "no answer after 2.5s",
  ],
  [
    status.UNAVAILABLE,
    "etcdserver: no leader",
    "away",
    false,
    "it has no leader: too few of its members reach each other",
  ],
  [status.UNAVAILABLE, "etcdserver: request timed out", "away", true, "request timed out"],
  [status.UNAVAILABLE, "etcdserver: leader changed", "away", true, "leader changed"],
  [status.RESOURCE_EXHAUSTED, "etcdserver: too many requests", "away", false, "it is overloaded"],
  [
    status.RESOURCE_EXHAUSTED,
    "etcdserver: mvcc: database space exceeded",
    "refused",
    false,
    "its database is full (alarm NOSPACE): compact and defragment it, then disarm the alarm",
  ],
  [status.OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted", "compacted", false, ""],
  [status.NOT_FOUND, "etcdserver: requested lease not found", "lease", false, "the lease is gone"],
  [status.UNAUTHENTICATED, "etcdserver: invalid auth token", "token", false, "it does not know our token"],
  [
    status.INVALID_ARGUMENT,
    "etcdserver: authentication failed, invalid user ID or password",
    "refused",
    false,
    "user or password is wrong",
  ],
  [status.PERMISSION_DENIED, "etcdserver: permission denied", "refused", false, "the user's roles do not allow it"],
  [status.INVALID_ARGUMENT, "etcdserver: request is too large", "refused", false, "request is too large"],
];

for (const [code, details, kind, perhapsDone, why] of cases) {
  test(`explain() of "${details}"`, () => {
    const failure = explain(Object.assign(new Error(details), { code, details }));
    assert.deepEqual([failure.kind, failure.perhapsDone], [kind, perhapsDone]);
    if (why) assert.equal(failure.message, why);
  });
}

test("toEngineError() keeps the cause and says what, where and why", () => {
  const cause = Object.assign(new Error(), { code: status.UNAVAILABLE, details: refusedConnection });
  const error = toEngineError(explain(cause), 'read "a"', "etcd://127.0.0.1:1/lab");
  assert.ok(withCode("STORE_AWAY")(error));
  assert.match(
    String(error),
    /Cannot read "a": the cluster's store at etcd:\/\/127[.]0[.]0[.]1:1\/lab does not answer \(connect ECONN/,
  );
});

test("explain() throws what is no failure of a call", () => {
  assert.throws(() => explain(new TypeError("a mistake")), /a mistake/);
});
