import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ConsulServer, lacksConsul } from "../../../lab/consul.ts";
import { silentLog } from "../../base/log.ts";
import type { ClusterStore } from "../../contracts/cluster-store.ts";
import { Follower } from "../testing/follower.ts";
import { values, withCode, write } from "../testing/subject.ts";
import { openConsulStore } from "./store.ts";

const master = "11111111-2222-3333-4444-555555555555";

/** What docs/reference/consul.md tells operators to allow. */
const policy = `
  key_prefix "fairlead/" { policy = "write" }
  session_prefix "" { policy = "write" }
  node_prefix "" { policy = "read" }
  service "consul" { policy = "read" }`;

if (lacksConsul) {
  test("Consul: tokens", { skip: lacksConsul });
} else {
  const acl = { enabled: true, default_policy: "deny", tokens: { master }, token_ttl: "0s", policy_ttl: "0s" };
  const server = await ConsulServer.start({ config: { acl, acl_enforce_version_8: true } });
  after(() => server[Symbol.asyncDispose]());

  const open = (token?: string): ClusterStore & AsyncDisposable => {
    const address = { kind: "consul" as const, endpoints: [server.endpoint], prefix: "fairlead" };
    const store = openConsulStore(token === undefined ? address : { ...address, password: token }, silentLog);
    return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
  };
  const makePolicy = (name: string, rules: string): Promise<{ ID: string }> =>
    server.api("PUT", "/acl/policy", { Name: name, Rules: rules }, master);
  const makeToken = async (
    name: string,
    rules: string,
  ): Promise<{ secret: string; accessor: string; policy: string }> => {
    const { ID } = await makePolicy(name, rules);
    const token = { Policies: [{ ID }] };
    const made = await server.api<{ SecretID: string; AccessorID: string }>("PUT", "/acl/token", token, master);
    return { secret: made.SecretID, accessor: made.AccessorID, policy: ID };
  };

  test("CONSUL-1 consul: the advised policy is enough for everything", async () => {
    await using store = open((await makeToken("advised", policy)).secret);
    using follower = new Follower(store, "");
    const lease = await store.grant(10);
    await write(store, { put: "a", value: "1" }, { put: "b", value: "1", lease });
    await follower.untilValue("b", "1");
    await write(store, { put: "b", value: "2" });
    await write(store, { delete: "a" });
    await lease.revoke();
    assert.deepEqual(await values(store), { b: "2" });
    const { version, members } = await store.status();
    assert.match(version, /^consul \d+[.]\d+[.]\d+$/);
    assert.deepEqual(members, [{ name: "server-127.0.0.1", endpoint: "127.0.0.1:8300", leader: true }]);
    await write(store, { delete: "b" });
  });

  for (const [what, token] of [
    ["no token", undefined],
    ["a token that does not exist", "99999999-2222-3333-4444-555555555555"],
  ] as const) {
    test(`CONSUL-2 consul: with ${what} every call is refused with Consul's words`, async () => {
      await using admin = open(master);
      await write(admin, { put: "a", value: "1" });
      await using store = open(token);
      const lease = { id: "none", lost: Promise.resolve(), renewedAt: 0, revoke: async () => {} };
      const calls = {
        get: () => store.get("a"),
        "get of nothing": () => store.get("b"),
        list: () => store.list(""),
        "list of nothing": () => store.list("nothing/"),
        txn: () => write(store, { put: "a", value: "2" }),
        "txn with conditions only": () => store.txn([{ key: "a", is: "present" }], []),
        "txn that cannot be": () => store.txn([{ key: "a", is: "absent" }], [{ put: "a", value: "2" }]),
        "txn with a lease": () => store.txn([], [{ put: "a", value: "2", lease }]),
        grant: () => store.grant(10),
        status: () => store.status(),
      };
      const refusal = (error: unknown): boolean =>
        withCode("STORE_REFUSED")(error) && /"(Permission denied|ACL not found)": check the token/.test(String(error));
      for (const [call, body] of Object.entries(calls)) await assert.rejects(body(), refusal, call);
      using follower = new Follower(store, "");
      await follower.until(({ news }) => news.length > 0);
      const [first] = follower.news;
      assert.match(first?.kind === "away" ? first.why : "", /check the token and its policies/);
      assert.deepEqual(await values(admin), { a: "1" });
    });
  }

  test("CONSUL-2 consul: a token that loses its rights, and its permission to read, looks like an outage and not like deletes", async () => {
    await using admin = open(master);
    await write(admin, { put: "a", value: "1" }, { put: "b", value: "1" });
    const token = await makeToken("fading", policy);
    await using store = open(token.secret);
    using follower = new Follower(store, "");
    await follower.untilValue("b", "1");
    const blind = { ID: token.policy, Name: "fading", Rules: 'node_prefix "" { policy = "read" }' };
    await server.api("PUT", `/acl/policy/${token.policy}`, blind, master);
    await write(admin, { delete: "a" });
    await follower.until(({ kinds }) => kinds.includes("away"));
    assert.deepEqual(follower.values(), { a: "1", b: "1" });
    await server.api("PUT", `/acl/policy/${token.policy}`, { ...blind, Rules: policy }, master);
    await follower.untilValue("a", undefined);
    assert.deepEqual(follower.kinds, ["snapshot", "away", "back", "changes"]);
  });

  test("CONSUL-1 consul: status() says so when the token may not read versions", async () => {
    await using store = open((await makeToken("narrow", 'key_prefix "fairlead/" { policy = "write" }')).secret);
    const { version, members, warnings } = await store.status();
    assert.equal(version, "consul");
    assert.deepEqual(members, [{ name: "127.0.0.1:8300", endpoint: "127.0.0.1:8300", leader: true }]);
    assert.match(warnings.join("\n"), /its version cannot be read: give the token/);
    await assert.rejects(store.grant(10), withCode("STORE_REFUSED"));
  });
}
