import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ConsulServer, lacksConsul } from "../../../lab/consul.ts";
import { silentLog } from "../../base/log.ts";
import type { ClusterStore, StoreAddress } from "../../contracts/cluster-store.ts";
import { Authority } from "../testing/certificates.ts";
import { Follower } from "../testing/follower.ts";
import { values, withCode, write } from "../testing/subject.ts";
import { openConsulStore } from "./store.ts";

if (lacksConsul) {
  test("Consul: TLS", { skip: lacksConsul });
} else {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-tls-"));
  const [ours, theirs] = [new Authority(), new Authority()];
  const serverFiles = ours.issue("server", ["IP:127.0.0.1"]);
  const [client, stranger] = [ours.issue("client", []), theirs.issue("stranger", [])];
  const config = {
    ports: { http: -1, https: 8501 },
    ca_file: ours.ca,
    cert_file: serverFiles.certificate,
    key_file: serverFiles.key,
    verify_incoming_https: true,
  };
  const server = await ConsulServer.start({ config });
  after(async () => {
    await server[Symbol.asyncDispose]();
    ours[Symbol.dispose]();
    theirs[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });

  const open = (tls: StoreAddress["tls"], endpoint = server.endpoint): ClusterStore & AsyncDisposable => {
    const address = { kind: "consul" as const, endpoints: [endpoint], prefix: "tls" };
    const store = openConsulStore(tls ? { ...address, tls } : address, silentLog);
    return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
  };

  test("CONSUL-3 consul: works over TLS with a client certificate", async () => {
    await using store = open({ ca: ours.ca, ...client });
    using follower = new Follower(store, "");
    const lease = await store.grant(10);
    await write(store, { put: "a", value: "1" }, { put: "b", value: "1", lease });
    await follower.untilValue("b", "1");
    await lease.revoke();
    assert.deepEqual(await values(store), { a: "1" });
  });

  const refusals: [string, StoreAddress["tls"], RegExp][] = [
    ["no client certificate", { ca: ours.ca }, /TLS: .*certificate/],
    ["another authority's client certificate", { ca: ours.ca, ...stranger }, /TLS: .*(certificate|unknown ca)/i],
    ["a server of another authority", { ca: theirs.ca, ...client }, /TLS: .*certificate/],
    ["no TLS", undefined, /HTTP request to an HTTPS server/],
  ];
  for (const [what, tls, why] of refusals) {
    test(`CONSUL-3 consul: ${what} is refused, by reads, writes and followers`, async () => {
      await using store = open(tls);
      const refused = (error: unknown) => withCode("STORE_REFUSED")(error) && why.test(String(error));
      await assert.rejects(store.get("a"), refused);
      await assert.rejects(write(store, { put: "x", value: "1" }), refused);
      using follower = new Follower(store, "");
      await follower.until(({ news }) => news.length > 0);
      const [first] = follower.news;
      assert.match(first?.kind === "away" ? first.why : "", why);
    });
  }

  test("CONSUL-3 consul: the server's certificate must be for the address", async () => {
    await using store = open({ ca: ours.ca, ...client }, "127.0.0.2:8501");
    await assert.rejects(store.get("a"), withCode("STORE_AWAY")); // it does not listen there
    await using named = open({ ca: ours.ca, ...client }, "localhost:8501");
    const refused = (error: unknown) =>
      withCode("STORE_REFUSED")(error) && /TLS: .*(altnames|localhost)/.test(String(error));
    await assert.rejects(named.get("a"), refused);
  });

  test("CONSUL-3 consul: files that cannot be used are named when the store is opened", () => {
    writeFileSync(`${folder}/not.pem`, "nothing of the kind");
    const cases: [StoreAddress["tls"], RegExp][] = [
      [{ ca: `${folder}/missing.pem` }, /missing[.]pem.*no such file/],
      [{ certificate: client.certificate }, /needs its key/],
      [{ certificate: client.certificate, key: stranger.key }, /client[.]pem.*stranger[.]key.*mismatch/],
      [{ certificate: `${folder}/not.pem`, key: client.key }, /not[.]pem/],
    ];
    for (const [tls, message] of cases) assert.throws(() => open(tls), { code: "INVALID", message });
  });
}
