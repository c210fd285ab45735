import assert from "node:assert/strict";
import { after, test } from "node:test";
import { daemonCommand } from "../../../lab/daemon.ts";
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
  [["--cluster", "etcd://10.0.0.1:99999"], /Invalid --cluster: the port of "10.0.0.1:99999" must be/],
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

test("OVL-16: a daemon whose tunnels could end nowhere does not start, and says what to do", async () => {
  await host.run("ip", "link", "add", "spare", "type", "bridge");
  await host.run("ip", "address", "add", "10.97.0.1/24", "dev", "spare");
  const says: readonly (readonly [advertise: string, says: RegExp])[] = [
    ["10.9.9.9", /Invalid --advertise: no interface of this host is or has \W*10\.9\.9\.9/],
    ["fd99::9", /no interface of this host is or has \W*fd99::9/],
    ["10.97.0.1", /interface spare is down; .*ip link set spare up/],
    ["spare", /interface spare is down/],
    ["", /this host has no default route to take an address from; name an address or interface/],
  ];
  await host.run("ip", "route", "flush", "default");
  for (const [advertise, text] of says) {
    const flags = ["--cluster", "etcd://127.0.0.1:1", ...(advertise === "" ? [] : ["--advertise", advertise])];
    const { code, stdout, stderr } = await host.exec([...daemonCommand(host), ...flags]);
    assert.equal(code, 1, advertise);
    assert.match(stdout + stderr, text);
  }
});

const unreachable: readonly (readonly [advertise: string, says: RegExp])[] = [
  ["nope0", /Invalid --advertise: no interface of this host is or has \\"nope0\\", only lo/],
  ["lo", /Invalid --advertise: interface lo has no address that other hosts could reach/],
  ["127.0.0.1", /Invalid --advertise: interface lo has no address that other hosts could reach/],
];

for (const [advertise, says] of unreachable) {
  test(`OVL-209: fairlead daemon --advertise ${advertise} does not start, and says why`, async () => {
    const flags = ["--cluster", "etcd://192.0.2.1", "--advertise", advertise];
    await assert.rejects(host.startDaemon(...flags), says);
  });
}

test("OVL-210: the password of --cluster is shown nowhere, whether the store answers or not", async () => {
  const secret = "s3cr3t";
  await host.run("ip", "link", "set", "spare", "up");
  // Nobody listens at port 1.
  const cluster = ["--cluster", `etcd://me:${secret}@127.0.0.1:1`, "--advertise", "spare", "--log-level", "debug"];
  await host.run("ip", "address", "add", "192.0.2.1/32", "dev", "lo");
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
