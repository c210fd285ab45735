import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { after, test } from "node:test";
import { DhcpServer } from "../../lab/dhcp-server.ts";
import { ip, sysctl } from "../../lab/topology.ts";
import { silentLog } from "../base/log.ts";
import type { LeaseNews, LeaseRequest } from "../contracts/dhcp.ts";
import { openLabKernel } from "../kernel/lab-kernel.ts";
import type { Lease } from "../model/lease.ts";
import { openDhcp } from "./dhcp.ts";

/** The test's namespace is the LAN, with the server on it; the sandbox `a` is a client. */
const lab = openLabKernel();
const { kernel } = lab;
const dhcp = openDhcp({ kernel, log: silentLog });
ip("link add lan type bridge");
sysctl("net/ipv6/conf/lan/accept_dad", "0");
ip("link set lan up", "addr add 192.0.2.1/24 dev lan", "addr add 2001:db8:1a::1/64 dev lan nodad");
kernel.sandboxes.create("a");
ip("link add port type veth peer name eth0", "link set port master lan up");
execFileSync("sh", ["-ec", `touch /run/netns/a; mount --bind ${kernel.sandboxes.path("a")} /run/netns/a`]);
ip("link set eth0 netns a");
execFileSync("ip", ["netns", "exec", "a", "sh", "-ec", "echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6"]);
execFileSync("ip", ["-n", "a", "link", "set", "eth0", "up"]);
after(async () => {
  dhcp.close();
  execFileSync("umount", ["/run/netns/a"]);
  ip("link delete lan", "link delete port");
  await lab[Symbol.asyncDispose]();
});

const ranges = ["192.0.2.100,192.0.2.150,255.255.255.0,120", "2001:db8:1a::100,2001:db8:1a::1ff,64,120"];
const serve = (more: readonly string[] = ["enable-ra"], from = ranges) =>
  DhcpServer.start({ link: "lan", ranges: from, more });
const request = (family: 4 | 6): LeaseRequest => ({
  ...{ endpointId: "e1", family, netns: "a", link: "eth0", hostname: "web", container: "web", network: "lan" },
  ...{ exact: false, detectDuplicates: false, timeoutSeconds: 20 },
});

/** Goes on with a lease as a daemon does that comes back; resolves to what it hears first. */
function resume(family: 4 | 6, lease: Lease | undefined): Promise<LeaseNews> {
  return new Promise((resolve) => dhcp.resume(request(family), lease, resolve));
}
const address = (verb: "replace" | "del", cidr: string) =>
  execFileSync("ip", ["-n", "a", "address", verb, cidr, "dev", "eth0"]);
const now = Date.now();
/** Moments of a lease: its T1 has come, or its T2 too, or it has ended. */
const moments = {
  renew: (lease: Lease) => ({ ...lease, renewAt: now }),
  rebind: (lease: Lease) => ({ ...lease, renewAt: now, rebindAt: now }),
  reboot: (lease: Lease) => ({ ...lease, renewAt: now, rebindAt: now, expiresAt: now }),
};
const cases: { family: 4 | 6; moment: keyof typeof moments; asked: RegExp }[] = [
  { family: 4, moment: "renew", asked: /DHCPREQUEST\(lan\) 192\.0\.2\./ },
  { family: 4, moment: "rebind", asked: /DHCPREQUEST\(lan\) 192\.0\.2\./ },
  { family: 4, moment: "reboot", asked: /DHCPREQUEST\(lan\) 192\.0\.2\./ },
  { family: 6, moment: "renew", asked: /DHCPRENEW\(lan\)/ },
  { family: 6, moment: "rebind", asked: /DHCPREBIND\(lan\)/ },
  { family: 6, moment: "reboot", asked: /DHCPREBIND\(lan\)/ },
];
for (const { family, moment, asked } of cases) {
  test(`resume() keeps an IPv${family} address with a lease that is due: ${moment}`, async () => {
    await using server = await serve();
    const lease = await dhcp.acquire(request(family), () => {});
    dhcp.close();
    await server.logged(family === 4 ? /DHCPACK/ : /DHCPREPLY/); // all that was said until here is in the log
    // As the engine does: the server's answer to a renewal goes to the address itself.
    address("replace", lease.address);
    const from = server.log.length;
    const news = await resume(family, moments[moment](lease));
    assert.ok(news.kind === "renewed", JSON.stringify(news));
    assert.deepEqual([news.lease.address, news.lease.router], [lease.address, lease.router]);
    assert.ok(news.lease.expiresAt > now);
    await server.logged(asked, from);
    assert.ok(!server.log.slice(from).some((line) => /DISCOVER|SOLICIT\(lan\) 0/.test(line)));
    dhcp.release("e1");
    await server.logged(/DHCPRELEASE/, from);
    address("del", lease.address);
  });
}

test("an IPv6 address that the server does not know is given up at the renewal, and the next one asked for", async () => {
  const first = await serve();
  const lease = await dhcp.acquire(request(6), () => {});
  dhcp.close();
  await first[Symbol.asyncDispose]();
  await using _second = await serve(["enable-ra"], ["2001:db8:1a::200,2001:db8:1a::2ff,64,120"]);
  const heard: LeaseNews[] = [];
  const bound = new Promise<LeaseNews>((resolve) => {
    dhcp.resume(request(6), moments.renew(lease), (news) => {
      heard.push(news);
      if (news.kind === "bound") resolve(news);
    });
  });
  const news = await bound;
  assert.deepEqual(
    heard.map(({ kind }) => kind),
    ["lost", "bound"],
  );
  assert.match(news.kind === "bound" ? news.lease.address : "", /^2001:db8:1a::2..\/64$/);
  dhcp.release("e1");
});

test("without a router an IPv6 address has no neighbours and no way out", async () => {
  await using _server = await serve([]);
  const lease = await dhcp.acquire(request(6), () => {});
  assert.match(lease.address, /^2001:db8:1a::1..\/128$/);
  assert.equal(lease.router, undefined);
  dhcp.release("e1");
});

test("resume() without a lease asks until there is one, with no server at first", async () => {
  const bound = resume(4, undefined);
  await using _server = await serve();
  const news = await bound;
  assert.equal(news.kind, "bound");
  dhcp.release("e1");
});

test("acquire() and keeping a lease leave no descriptor open between exchanges, and a failure none", async () => {
  await assert.rejects(
    dhcp.acquire({ ...request(4), timeoutSeconds: 1 }, () => {}),
    /LEASE_NOT_GOT|within 1 s/,
  );
  await kernel.packets.flushed();
  const open = () => readdirSync("/proc/self/fd").length;
  const before = open();
  const server = await serve();
  await dhcp.acquire(request(4), () => {});
  await server[Symbol.asyncDispose]();
  await kernel.packets.flushed();
  assert.equal(open(), before);
  dhcp.release("e1");
});

test("acquire() for a link that is not there fails when its time is up", async () => {
  await assert.rejects(
    dhcp.acquire({ ...request(4), link: "eth9", timeoutSeconds: 1 }, () => {}),
    /on eth9 within 1 s/,
  );
});
