import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Rollback } from "../base/rollback.ts";
import { hostNetns } from "../contracts/kernel.ts";
import { labBridge, labEndpoint, openLabKernel } from "./lab-kernel.ts";

const endings = [
  { name: "close() and nothing else to do", code: "await kernel.close();", exit: 0 },
  { name: "nothing to do, without close()", code: "", exit: 0 },
  { name: "process.exit() in the middle of a watch", code: "process.exit(7);", exit: 7 },
  { name: "an error nobody catches", code: "throw new Error('lost');", exit: 1 },
];

for (const { name, code, exit } of endings) {
  test(`openKernel() lets the process end after ${name}`, async () => {
    await using lab = openLabKernel();
    const script = `
      import { openKernel } from ${JSON.stringify(new URL("./open.ts", import.meta.url).href)};
      import { silentLog } from ${JSON.stringify(new URL("../base/log.ts", import.meta.url).href)};
      const kernel = openKernel({ execRoot: ${JSON.stringify(lab.execRoot)}, log: silentLog });
      kernel.watch(() => {});
      await kernel.removeLink("nosuch");
      ${code}`;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], { stdio: "ignore" });
    assert.deepEqual(await once(child, "exit"), [exit, null]);
  });
}

test("links(), routes() and uplink() agree with ip", async () => {
  await using lab = openLabKernel();
  lab.kernel.apply(labBridge, new Rollback());
  assert.equal(lab.kernel.uplink(), undefined);
  execFileSync("ip", ["route", "add", "default", "via", "10.9.0.9"]);
  execFileSync("ip", ["route", "add", "10.77.0.0/16", "via", "10.9.0.9", "table", "4711"]);
  const links = lab.ip(hostNetns, "addr").map(({ ifname, ifindex, address, mtu, addr_info }) => ({
    name: ifname,
    ifIndex: ifindex,
    mac: address,
    mtu,
    addresses: addr_info.map((one: { local: string; prefixlen: number }) => `${one.local}/${one.prefixlen}`),
  }));
  assert.deepEqual(
    lab.kernel
      .links(hostNetns)
      .map(({ name, ifIndex, mac, mtu, addresses }) => ({ name, ifIndex, mac, mtu, addresses })),
    links,
  );
  const count = (family: string) => lab.ip(hostNetns, family, "route", "show", "table", "all").length;
  assert.equal(lab.kernel.routes().length, count("-4") + count("-6"));
  assert.deepEqual(
    lab.kernel.routes().filter(({ gateway }) => gateway),
    [
      { destination: "10.77.0.0/16", ifName: "br-lab", gateway: "10.9.0.9", table: 4711, type: 1 },
      { destination: "0.0.0.0/0", ifName: "br-lab", gateway: "10.9.0.9", table: 254, type: 1 },
    ],
  );
  assert.equal(lab.kernel.uplink()?.name, "br-lab");
});

test("counters() counts packets, and knows no link or sandbox that is not there", async () => {
  await using lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  lab.kernel.apply([...labBridge, ...labEndpoint("a")], new Rollback());
  const before = lab.kernel.counters("a", "eth0")?.rxPackets ?? Number.NaN;
  execFileSync("ping", ["-c", "3", "-i", "0.01", "-W", "5", "10.9.0.2"]);
  assert.ok((lab.kernel.counters("a", "eth0")?.rxPackets ?? 0) - before >= 3);
  assert.deepEqual([lab.kernel.counters("a", "eth9"), lab.kernel.counters("nosuch", "eth0")], [undefined, undefined]);
});

test("announceOnBridge() corrects what containers know, and the host forgets what it knew", async () => {
  await using lab = openLabKernel();
  for (const id of ["a", "b"]) lab.kernel.sandboxes.create(id);
  lab.kernel.apply([...labBridge, ...labEndpoint("a")], new Rollback());
  const inside = ["nsenter", `--net=${lab.kernel.sandboxes.path("a")}`];
  const run = (...argv: string[]) => execFileSync(argv[0] ?? "", argv.slice(1), { encoding: "utf8" });
  const addresses = ["10.9.0.7", "fd09::7"];
  for (const address of addresses)
    for (const [entrance, link] of [
      [[], "br-lab"],
      [inside, "eth0"],
    ] as const)
      run(
        ...entrance,
        "ip",
        "neigh",
        "replace",
        address,
        "lladdr",
        "02:00:00:00:00:77",
        "dev",
        link,
        "nud",
        "reachable",
      );
  lab.kernel.announceOnBridge(
    "br-lab",
    "02:00:00:00:01:07",
    addresses.map((address) => `${address}/24`),
  );
  const known = (entrance: readonly string[]) =>
    run(...entrance, "ip", "neigh")
      .split("\n")
      .filter((line) => /[.:]7 /.test(line));
  assert.deepEqual(
    known([]).filter((line) => line.includes("lladdr")),
    [],
  );
  assert.deepEqual(
    known(inside).map((line) => line.split(" ")[4]),
    ["02:00:00:00:01:07", "02:00:00:00:01:07"],
  );
  lab.kernel.announceOnBridge("nosuch", "02:00:00:00:01:07", addresses); // logged, not thrown
});

test("announce() corrects what neighbours know", async () => {
  await using lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  lab.kernel.apply([...labBridge, ...labEndpoint("a")], new Rollback());
  for (const address of ["10.9.0.2", "fd09::2"])
    execFileSync("ip", ["neigh", "replace", address, "lladdr", "02:00:00:00:00:77", "dev", "br-lab", "nud", "stale"]);
  const monitor = spawn("ip", ["monitor", "neigh"], { stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  const heard = new Promise<void>((resolve) => {
    monitor.stdout.on("data", (chunk) => {
      text += chunk;
      if (
        text.includes("10.9.0.2 dev br-lab lladdr 02:00:00:00:01:02") &&
        text.includes("fd09::2 dev br-lab lladdr 02:00:00:00:01:02")
      )
        resolve();
      // `ip monitor` says nothing when it is ready: an entry of our own shows that it is.
      else if (text.includes("10.9.0.99"))
        lab.kernel.announce("a", "eth0", "02:00:00:00:01:02", ["10.9.0.2/24", "fd09::2/64"]);
    });
  });
  const knock = setInterval(
    () => execFileSync("ip", ["neigh", "replace", "10.9.0.99", "lladdr", "02:00:00:00:00:99", "dev", "br-lab"]),
    50,
  );
  await heard;
  clearInterval(knock);
  monitor.kill();
  await once(monitor, "exit");
});

test("flushConntrack() ends the flows to a port and no others", async () => {
  await using lab = openLabKernel();
  execFileSync("ip", ["link", "set", "lo", "up"]);
  execFileSync("nft", ["-f", "-"], {
    input: "table inet t { chain c { type filter hook input priority 0; ct state new counter; }; }",
  });
  const socket = createSocket("udp4");
  const send = (port: number) => new Promise((resolve) => socket.send("x", port, "127.0.0.1", resolve));
  await send(5353);
  await send(5354);
  await send(5355);
  const flows = () => Number(readFileSync("/proc/sys/net/netfilter/nf_conntrack_count", "utf8"));
  assert.equal(flows(), 3);
  await lab.kernel.flushConntrack([{ protocol: "sctp", port: 5353 }]);
  assert.equal(flows(), 3);
  await lab.kernel.flushConntrack([{ protocol: "udp", port: 5353 }]);
  assert.equal(flows(), 2);
  await lab.kernel.flushConntrack([{ protocol: "udp", port: 5355, address: "127.0.0.2" }]);
  assert.equal(flows(), 2);
  await lab.kernel.flushConntrack([{ protocol: "udp", port: 5355, address: "127.0.0.1" }]);
  assert.equal(flows(), 1);
  await send(5355);
  const several = [5355, 5356].map((port) => ({ protocol: "udp", port }) as const);
  await lab.kernel.flushConntrack(several);
  assert.equal(flows(), 1);
  socket.close();
  execFileSync("nft", ["flush", "ruleset"]);
  execFileSync("ip", ["link", "set", "lo", "down"]);
});
