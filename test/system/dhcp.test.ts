import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";
import { LanSegment, lanRange4, lanRange6, lanRouter4 } from "../../lab/lan-segment.ts";

const host = await Host.create();
const lan = await LanSegment.create(host);
after(async () => {
  await host[Symbol.asyncDispose]();
  await lan[Symbol.asyncDispose]();
});
let daemon = await host.startDaemon();
afterEach(() => clear(host));

const onLan = ["-d", "macvlan", "--ipam-driver", "dhcp", "-o", "parent=eth1"];
const network = (...options: string[]) => host.fairlead("network", "create", ...onLan, ...options, "lan");
const staying = ["--rootfs", "host", "--stop-signal", "KILL"];
const run = (name: string, ...options: string[]) =>
  host.fairlead("run", "-d", ...staying, "--name", name, "--network", "lan", ...options, "sleep", "infinity");
const inside = (container: string, ...argv: string[]) => host.fairlead("exec", container, ...argv);
const inspect = (container: string, field: string) =>
  host.fairlead("inspect", "--format", `{{.NetworkSettings.Networks.lan.${field}}}`, container);
const addressOf = (container: string) => inspect(container, "IPAddress");
const routes = (container: string) => inside(container, "ip", "route", "show", "default");

/** What happened to the lease of a running container. */
async function leaseEvents(container: string): Promise<string[]> {
  const id = await host.fairlead("inspect", "--format", "{{.Id}}", container);
  const [since, until] = ["1", String(Math.ceil(Date.now() / 1000))];
  const format = "{{.Actor.Attributes.container}} {{.Action}} {{.Actor.Attributes.address}}";
  const events = await host.fairlead("events", "--since", since, "--until", until, "--format", format);
  return events.split("\n").flatMap((line) => (line.startsWith(`${id} lease_`) ? line.slice(id.length + 1) : []));
}

test("DHCP-1 only a LAN has such networks, without subnets of their own", async () => {
  const ask = (over: object) =>
    refusal(host, "POST", "/networks/create", {
      ...{ Name: "lan", Driver: "macvlan", Options: { parent: "eth1" }, IPAM: { Driver: "dhcp" } },
      ...over,
    });
  const before = await host.snapshot();
  const pools = (pool: object) => ({ IPAM: { Driver: "dhcp", Config: [pool] } });
  assert.match(await ask(pools({ Subnet: "192.0.2.0/24" })), /^400 .*192\.0\.2\.0\/24 is given with ipam driver dhcp/);
  assert.match(await ask({ Driver: "bridge", Options: {} }), /^403 .*needs a network on a LAN.*bridge.*use macvlan/);
  assert.match(await ask({ Driver: "ipvlan" }), /^403 .*by their MACs.*use macvlan/);
  assert.match(await ask({ Internal: true }), /^403 .*internal network reaches nobody/);
  assert.match(await ask({ IPAM: { Driver: "dhcp", Options: { timeout: "0" } } }), /^400 .*from 1 to 300/);
  assert.match(
    await ask({ IPAM: { Driver: "dhcp", Options: { tmeout: "5" } } }),
    /^400 .*"tmeout".*knows timeout only/,
  );
  assert.deepEqual(await host.snapshot(), before);
  await network();
  assert.equal(
    await host.fairlead("network", "inspect", "--format", "{{.IPAM.Driver}} {{len .IPAM.Config}}", "lan"),
    "dhcp 0",
  );
});

test("DHCP-2, DHCP-14: the address, router, name servers and domain of the server reach the container", async () => {
  const names = ["port=53", "host-record=printer.lan.example,192.0.2.9"];
  const more = [`dhcp-option=option:dns-server,${lanRouter4}`, "domain=lan.example", ...names];
  await using server = await lan.startServer({ more });
  await network();
  await run("web", "--hostname", "www");
  const ack = await server.logged(/DHCPACK\(lan\).* www$/);
  const address = /DHCPACK\(lan\) (\S+)/.exec(ack)?.[1] ?? "";
  assert.deepEqual([await addressOf("web"), await inspect("web", "IPPrefixLen")], [address, "24"]);
  assert.equal(await inspect("web", "Gateway"), lanRouter4);
  assert.match(await routes("web"), new RegExp(`^default via ${lanRouter4} dev eth0`));
  await inside("web", "ping", "-c1", "-W5", lanRouter4);
  const shown = await host.fairlead(
    "network",
    "inspect",
    "--format",
    "{{range .Containers}}{{.IPv4Address}}{{end}}",
    "lan",
  );
  assert.equal(shown, `${address}/24`);
  assert.match(await inside("web", "cat", "/etc/hosts"), new RegExp(`^${address}\twww$`, "m"));
  const conf = await inside("web", "cat", "/etc/resolv.conf");
  assert.match(
    conf,
    /asks \(lease\): 192\.0\.2\.1 from the sandbox\n[\s\S]*nameserver 127\.0\.0\.11\nsearch lan\.example\n/,
  );
  assert.match(await inside("web", "getent", "hosts", "printer"), /^192\.0\.2\.9 /);
  await run("own", "--dns", "192.0.2.54", "--dns-search", "own.example");
  assert.match(
    await inside("own", "cat", "/etc/resolv.conf"),
    /192\.0\.2\.54 from the sandbox\n[\s\S]*search own\.example\n/,
  );
});

test("DHCP-3 IPv6: the address from a DHCPv6 server, its prefix and the router from an advertisement", async () => {
  await using server = await lan.startServer({ ranges: [lanRange4, lanRange6], more: ["enable-ra"] });
  await network("--ipv6");
  await run("web");
  const reply = await server.logged(/DHCPREPLY\(lan\) 2001:db8:1a::/);
  const address = /DHCPREPLY\(lan\) (\S+)/.exec(reply)?.[1];
  assert.deepEqual(
    [await inspect("web", "GlobalIPv6Address"), await inspect("web", "GlobalIPv6PrefixLen")],
    [address, "64"],
  );
  assert.match(await inspect("web", "IPv6Gateway"), /^fe80::/);
  assert.match(await inside("web", "ip", "-6", "route", "show", "default"), /^default via fe80::\S+ dev eth0/);
  await inside("web", "ping", "-c1", "-W5", "2001:db8:1a::1");
  await host.fairlead("stop", "web");
  await server.logged(/DHCPRELEASE\(lan\) 00:03:/);
});

test("DHCP-4 two containers have two addresses and find each other by name", async () => {
  await using _server = await lan.startServer();
  await network();
  await Promise.all([run("one"), run("two")]);
  const [one, two] = [await addressOf("one"), await addressOf("two")];
  assert.notEqual(one, two);
  assert.match(await inside("one", "getent", "hosts", "two"), new RegExp(`^${two} `));
  await inside("one", "ping", "-c1", "-W5", "two");
});

test("DHCP-5, DHCP-7: a lease is renewed while the container runs, also after the daemon was killed", async () => {
  await using server = await lan.startServer();
  await network();
  await run("web");
  const address = await addressOf("web");
  const ack = new RegExp(`DHCPACK\\(lan\\) ${address.replaceAll(".", "\\.")} `);
  await server.logged(ack, server.log.findIndex((line) => ack.test(line)) + 1);
  await host.killDaemon();
  const from = server.log.length;
  daemon = await host.startDaemon();
  await server.logged(ack, from);
  assert.match(await inside("web", "ip", "-br", "address", "show", "eth0"), new RegExp(`${address}/24`));
  assert.equal(await addressOf("web"), address);
  assert.ok(!server.log.slice(from).some((line) => line.includes("DHCPDISCOVER")), "it asked for another lease");
  await host.fairlead("stop", "web");
  await server.logged(/DHCPRELEASE/, from);
});

test("DHCP-6 a stop gives the lease back; the next start asks for the same address", async () => {
  await using server = await lan.startServer();
  await network();
  await run("web");
  const address = await addressOf("web");
  await host.fairlead("stop", "web");
  await server.logged(new RegExp(`DHCPRELEASE\\(lan\\) ${address}`));
  assert.equal(await addressOf("web"), "");
  await host.fairlead("start", "web");
  assert.ok(
    server.log.some((line) => line.includes(`DHCPDISCOVER(lan) ${address} `)),
    server.log.join("\n"),
  );
  assert.equal(await addressOf("web"), address);
  const before = server.log.length;
  await host.fairlead("rm", "-f", "web");
  await server.logged(/DHCPRELEASE/, before);
});

test("DHCP-8 without a server a start fails after the time given, and leaves nothing", async () => {
  await network("--ipam-opt", "timeout=1");
  const before = await host.snapshot();
  const failed = await host.cli("run", "-d", ...staying, "--name", "web", "--network", "lan", "sleep", "1");
  assert.match(
    failed.stderr,
    /Cannot get an IPv4 address for web .* network lan: no DHCP server gave one on eth0 within 1 s/,
  );
  assert.deepEqual(await host.snapshot(), before);
  assert.match(await refusal(host, "POST", "/containers/web/start"), /^503 /);
  assert.equal(await addressOf("web"), "");
  await using _server = await lan.startServer();
  await host.fairlead("start", "web");
});

test("DHCP-9 --ip is asked of the server; when it lends another address the start fails", async () => {
  await using server = await lan.startServer();
  await network();
  await run("web", "--ip", "192.0.2.150");
  assert.equal(await addressOf("web"), "192.0.2.150");
  const more = ["--name", "other", "--network", "lan", "--ip", "192.0.2.20"];
  const failed = await host.cli("run", "-d", ...staying, ...more, "sleep", "infinity");
  assert.match(failed.stderr, /192\.0\.2\.20 is not to be had: the server 192\.0\.2\.1 offers 192\.0\.2\.\d+ instead/);
  assert.ok(server.log.length > 0);
});

test("DHCP-10 when the server goes, the address is kept until its lease ends; when one comes, there is one again", async () => {
  const lender = await lan.startShortLender(6);
  await network();
  await run("web");
  const address = await addressOf("web");
  const shown = () => inside("web", "ip", "-br", "-4", "address", "show", "eth0");
  const [renewals, from] = [daemon.log.length, await shown()];
  await lender[Symbol.asyncDispose]();
  const line = await daemon.logged(/does not answer; the address is kept/, renewals);
  assert.match(line, /"container":"web","network":"lan"/);
  assert.equal(await shown(), from);
  assert.match(await daemon.logged(/a lease was lost/, renewals), /no server answered before it ended/);
  assert.deepEqual([await shown(), await addressOf("web"), await routes("web")], ["", "", ""]);
  await using _next = await lan.startShortLender(60);
  await daemon.logged(/a new lease/, renewals);
  assert.equal(await addressOf("web"), address);
  assert.match(await routes("web"), new RegExp(`^default via ${lanRouter4} `));
  assert.deepEqual(await leaseEvents("web"), [`lease_lost ${address}/24`, `lease_bound ${address}/24`]);
});

test("DHCP-11 an address that the server takes back goes at once, and the next one follows, with events", async () => {
  const server = await lan.startServer();
  await network();
  await run("web");
  const address = await addressOf("web");
  const from = daemon.log.length;
  await server[Symbol.asyncDispose]();
  await using other = await lan.startServer({ ranges: ["192.0.2.30,192.0.2.39,255.255.255.0,120"] });
  await other.logged(/DHCPNAK\(lan\)/);
  await daemon.logged(/a new lease/, from);
  const next = await addressOf("web");
  assert.match(next, /^192\.0\.2\.3\d$/);
  assert.match(await inside("web", "ip", "-br", "-4", "address", "show", "eth0"), new RegExp(`\\s${next}/24\\s*$`));
  assert.match(await inside("web", "cat", "/etc/hosts"), new RegExp(`^${next}\t`, "m"));
  assert.match(await routes("web"), new RegExp(`^default via ${lanRouter4} `));
  assert.deepEqual(await leaseEvents("web"), [`lease_lost ${address}/24`, `lease_bound ${next}/24`]);
});

test("DHCP-12 an address that somebody else has is declined, and another one taken", async () => {
  await using foreign = await lan.addForeign("192.0.2.60/24");
  await using server = await lan.startServer({ more: ["dhcp-host=02:00:00:00:00:01,192.0.2.60"] });
  await network();
  await run("web", "--mac-address", "02:00:00:00:00:01");
  await server.logged(/DHCPDECLINE\(lan\) 192\.0\.2\.60/);
  await daemon.logged(new RegExp(`"address":"192.0.2.60","mac":"${foreign.mac}".*declined`));
  assert.match(await addressOf("web"), /^192\.0\.2\.1\d\d$/);
});

test("DHCP-13 connect gets a lease and disconnect gives it back; without a server connect changes nothing", async () => {
  await network("--ipam-opt", "timeout=1");
  await host.fairlead("run", "-d", ...staying, "--name", "web", "sleep", "infinity");
  const links = () => inside("web", "ip", "-br", "address");
  const before = await links();
  const failed = await host.cli("network", "connect", "lan", "web");
  assert.match(failed.stderr, /Cannot get an IPv4 address for web/);
  assert.equal(await links(), before);
  await using server = await lan.startServer();
  await host.fairlead("network", "connect", "lan", "web");
  const address = await addressOf("web");
  assert.match(await links(), new RegExp(`eth1@\\S+\\s+UP\\s+${address}/24`));
  await host.fairlead("network", "disconnect", "lan", "web");
  await server.logged(new RegExp(`DHCPRELEASE\\(lan\\) ${address}`));
  assert.equal(await links(), before);
});

test("DHCP-15 a daemon that is killed while a start waits for a server leaves nothing of it", async () => {
  await network("--ipam-opt", "timeout=300");
  const id = await host.fairlead("create", ...staying, "--name", "web", "--network", "lan", "sleep", "infinity");
  const before = await host.snapshot();
  const starting = host.cli("start", "web");
  const pin = `${host.folder}/run/netns/${id}`;
  await host.run("timeout", "60", "sh", "-c", `until nsenter --net=${pin} ip link show eth0 up; do sleep 0.05; done`);
  await host.killDaemon();
  assert.notEqual((await starting).code, 0);
  daemon = await host.startDaemon();
  assert.deepEqual(await host.snapshot(), before);
  await using server = await lan.startServer();
  await host.fairlead("start", "web");
  await server.logged(/DHCPACK/);
});
