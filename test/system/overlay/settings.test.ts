import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Host } from "../../../lab/host.ts";
import { checkout } from "../../../lab/process.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());

const get = (path: string) =>
  host.run("curl", "--silent", "--show-error", "--fail", "--unix-socket", host.socket, `http://x${path}`);

const refused: readonly (readonly [flags: string[], says: RegExp])[] = [
  [["--cluster", "http://10.0.0.1"], /Invalid --cluster: /],
  [
    ["--cluster", "etcd://10.0.0.1:2379", "--cluster-cert", "/c.pem"],
    /Invalid --cluster-cert: a certificate and its key/,
  ],
  [
    ["--cluster-lease", "1m", "--cluster-grace", "2m"],
    /Invalid --cluster-grace: it must be three times --cluster-lease/,
  ],
  [["--vni-range", "9-5"], /Invalid --vni-range: "9-5" is no range/],
  [["--vxlan-port", "0"], /Invalid --vxlan-port: "0" is no number from 1 to 65535/],
  [["--cluster-store", "etcd://10.0.0.1"], /Invalid --cluster-store: it is not offered; use --cluster/],
];

for (const [flags, says] of refused) {
  test(`OVL-209: fairlead daemon ${flags.join(" ")} is refused with the reason`, async () => {
    const { code, stderr } = await host.exec([`${checkout}/fairlead`, "daemon", "--validate", ...flags]);
    assert.equal(code, 125);
    assert.match(stderr, says);
  });
}

test("OVL-210: the password of --cluster is shown nowhere, whether the store answers or not", async () => {
  const secret = "s3cr3t";
  // Nobody listens at port 1.
  const cluster = ["--cluster", `etcd://me:${secret}@127.0.0.1:1`, "--advertise", "lo", "--log-level", "debug"];
  const daemon = await host.startDaemon(...cluster);
  const pages = ["/info", "/metrics", "/fairlead/cluster", "/fairlead/hosts", "/events?since=1&until=1"];
  const shown = await Promise.all(pages.map(get));
  const drained = await host.cli("host", "drain", "nobody");
  const created = await host.cli("network", "create", "-d", "overlay", "wide");
  assert.match(created.stderr, /etcd.*127\.0\.0\.1:1.* does not answer/);
  await host.killDaemon("SIGTERM");
  const all = [...shown, await host.cli("info"), drained, created].map((each) => JSON.stringify(each)).join("\n");
  assert.match(daemon.log.join("\n"), /127\.0\.0\.1:1/);
  for (const text of [all, daemon.log.join("\n")]) assert.ok(!text.includes(secret), text.slice(0, 500));
});
