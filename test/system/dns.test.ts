import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Inside, stationOf } from "../../lab/inside.ts";
import { Lab } from "../../lab/lab.ts";
import { lineOf } from "../../lab/process.ts";

/** What the servers say at who.example: who they are. */
const [outsideServer, loopbackServer, ownServer] = ["198.51.100.1", "198.51.100.2", "198.51.100.3"];
const server = join(import.meta.dirname, "names/dns-server.ts");
const longAlias = ["a", "b", "c", "d"].map((letter) => letter.repeat(60)).join(".");

await using stack = new AsyncDisposableStack();
const lab = stack.use(await Lab.create());
const { host, ipv4: hostIpv4 } = await lab.addHost();
const disposed = stack.move();
after(() => disposed[Symbol.asyncDispose]());

const at: Record<string, Inside> = {};
const place = (name: string): Inside => {
  const found = at[name];
  assert.ok(found, name);
  return found;
};
const run = async (name: string, ...options: string[]): Promise<Inside> => {
  const inside = disposed.use(await Inside.run(host, name, ...options));
  at[name] = inside;
  return inside;
};
const setHostServers = (...servers: string[]): Promise<string> =>
  host.run("sh", "-c", `printf '${servers.map((each) => `nameserver ${each}\\n`).join("")}' >/etc/resolv.conf`);

before(async () => {
  await host.run("sh", "-c", `touch ${host.folder}/conf && mount --bind ${host.folder}/conf /etc/resolv.conf`);
  await setHostServers(lab.outsideIpv4);
  const inOutside = [process.execPath, server, outsideServer, lab.outsideIpv4, lab.outsideIpv6];
  await lineOf(lab.outside.spawn(inOutside), /^listening$/, "the outside's DNS server");
  await lineOf(host.spawn([process.execPath, server, loopbackServer, "127.0.0.53"]), /^listening$/, "the host's");
  await host.startDaemon("--ipv6");
  await host.fairlead("network", "create", "--ipv6", "app");
  await host.fairlead("network", "create", "--ipv6", "other");
  await host.fairlead("network", "create", "--ipv6", "--internal", "sealed");
  await host.fairlead("network", "create", "old");
  await run("web", "--network=app");
  await run("db", "--network=app", "--network-alias=store", "--network-alias=shared");
  await run("db2", "--network=app", "--network-alias=shared");
  await run("db3", "--network=app", "--network-alias=shared");
  await run("alone");
  await run("beside");
  await run("far", "--network=other", "--network-alias=hidden");
  await run("sealed1", "--network=sealed");
  await run("sealed2", "--network=sealed");
  await run("plain", "--network=old");
});

interface Reply {
  readonly status: string;
  readonly flags: readonly string[];
  readonly answers: readonly string[];
  readonly ttls: readonly number[];
}

/** Asks with dig, inside the container. */
async function dig(from: Inside | undefined, ...question: string[]): Promise<Reply> {
  const argv = ["dig", "+time=5", "+tries=1", "+noall", "+comments", "+answer", ...question];
  const text = await (from ? from.run(...argv) : lab.outside.run(...argv));
  const records = text.split("\n").filter((line) => line !== "" && !line.startsWith(";"));
  const fields = records.map((line) => line.split(/\s+/));
  return {
    status: /status: (\w+)/.exec(text)?.[1] ?? text,
    flags: (/flags: ([a-z ]*);/.exec(text)?.[1] ?? "").split(" "),
    answers: fields.map(([, , , type, ...data]) => `${type} ${data.join(" ")}`),
    ttls: fields.map(([, ttl]) => Number(ttl)),
  };
}

/** "NOERROR A 192.0.2.1, A 192.0.2.2": status and answers in order of text. */
async function brief(from: Inside | undefined, ...question: string[]): Promise<string> {
  const { status, answers } = await dig(from, ...question);
  return `${status} ${[...answers].sort().join(", ")}`.trim();
}

/** How often the outside's server was asked for a name. */
async function asked(name: string): Promise<number> {
  const { answers } = await dig(undefined, `@${lab.outsideIpv4}`, "TXT", `count.${name}`);
  return Number(/"(\d+)"/.exec(answers[0] ?? "")?.[1]);
}

/** Asks until the answer is as wanted: for what takes its time and tells nobody. */
async function until(wanted: (answer: string) => boolean, ask: () => Promise<string>): Promise<string> {
  let answer = "";
  for (let round = 0; round < 200; round += 1) {
    answer = await ask();
    if (wanted(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`still ${answer}`);
}

const shortId = async (name: string): Promise<string> =>
  (await host.fairlead("inspect", "--format", "{{.Id}}", name)).slice(0, 12);

test("DNS-1 name, alias, short id and name.network resolve to the container's addresses, in any case, with a dot or not", async () => {
  const db = place("db");
  const id = await shortId("db");
  for (const name of ["db", "store", id, "db.app", "store.app", `${id}.app`, "DB", "Store.App", "db.", "db.app."]) {
    assert.equal(await brief(place("web"), name), `NOERROR A ${db.ipv4}`, name);
    assert.equal(await brief(place("web"), "AAAA", name), `NOERROR AAAA ${db.ipv6}`, name);
  }
  assert.equal(await brief(db, "db"), `NOERROR A ${db.ipv4}`);
});

test("DNS-1 names resolve on the default bridge too", async () => {
  const { ipv4, ipv6 } = place("beside");
  for (const name of ["beside", await shortId("beside"), "beside.bridge"]) {
    assert.equal(await brief(place("alone"), name), `NOERROR A ${ipv4}`, name);
    assert.equal(await brief(place("alone"), "AAAA", name), `NOERROR AAAA ${ipv6}`, name);
  }
});

test("DNS-1 programs find a container by name: getent, python and node", async () => {
  const { ipv4, ipv6 } = place("db");
  const web = place("web");
  const found = async (...argv: string[]) => (await web.run(...argv)).split("\n").sort();
  const getent = (await found("getent", "ahosts", "db")).map((line) => line.split(" ")[0] ?? "");
  assert.deepEqual([...new Set(getent)].sort(), [ipv4, ipv6].sort());
  const python = `import socket; print(*sorted({a[4][0] for a in socket.getaddrinfo("db", 80)}), sep="\\n")`;
  assert.deepEqual(await found("python3", "-c", python), [ipv4, ipv6].sort());
  const node = `require("dns").lookup("db", { all: true }, (e, all) => console.log(all.map((a) => a.address).join("\\n")))`;
  assert.deepEqual(await found(process.execPath, "-e", node), [ipv4, ipv6].sort());
});

test("DNS-2 a shared alias answers with all addresses, each of them first in its turn", async () => {
  const { ipv4: one } = place("db");
  const all = [one, place("db2").ipv4, place("db3").ipv4];
  const firsts = new Set<string>();
  for (let round = 0; round < 6; round += 1) {
    const { answers } = await dig(place("web"), "shared");
    assert.deepEqual([...answers].sort(), all.map((address) => `A ${address}`).sort());
    firsts.add(answers[0] ?? "");
  }
  assert.equal(firsts.size, 3);
  assert.equal((await dig(place("web"), "AAAA", "shared")).answers.length, 3);
});

test("DNS-3 a known name without the type asked for is an empty NOERROR, and is never forwarded", async () => {
  await run("plain2", "--network=old");
  for (const type of ["MX", "TXT", "SRV", "HTTPS", "ANY", "CAA"]) {
    assert.equal(await brief(place("web"), "+notcp", type, "db"), "NOERROR", type);
  }
  assert.equal(await brief(place("plain"), "AAAA", "plain2"), "NOERROR");
  for (const name of ["db", "plain2", "db.app"]) assert.equal(await asked(name), 0);
});

test("DNS-4 PTR answers container.network for IPv4 and IPv6, also over the container's own address", async () => {
  const { ipv4, ipv6 } = place("db");
  for (const from of [place("web"), place("db")]) {
    for (const address of [ipv4, ipv6]) assert.equal(await brief(from, "-x", address), "NOERROR PTR db.app.");
  }
  assert.equal(await place("web").run("getent", "hosts", ipv4), `${ipv4}      db.app`);
});

test("DNS-4 PTR of a foreign network's address is NXDOMAIN, and is never forwarded", async () => {
  const { ipv4 } = place("far");
  assert.equal(await brief(place("web"), "-x", ipv4), "NXDOMAIN");
  assert.equal(await asked(`${ipv4.split(".").reverse().join(".")}.in-addr.arpa`), 0);
});

test("DNS-5 answers come over UDP and TCP, with EDNS and without", async () => {
  const { ipv4 } = place("db");
  for (const how of [["+tcp"], ["+notcp"], ["+noedns"], ["+tcp", "+noedns"], ["+bufsize=4096"]]) {
    assert.equal(await brief(place("web"), ...how, "db"), `NOERROR A ${ipv4}`, how.join(" "));
  }
  assert.match(await place("web").run("dig", "+noall", "+comments", "db"), /EDNS: version: 0, flags:; udp: \d+/);
  assert.equal((await dig(place("web"), "+edns=1", "+noednsneg", "db")).status, "BADVERS");
});

test("DNS-5 an answer too long for UDP has TC, and is whole over TCP or with enough EDNS", async () => {
  const crowd = Array.from({ length: 10 }, (_, index) => `crowd${index}`);
  const alias = ["--network=app", `--network-alias=${longAlias}`];
  for (const name of crowd)
    await host.fairlead("run", "-d", "--name", name, ...alias, "--rootfs", "host", "sleep", "inf");
  const web = place("web");
  const cut = await dig(web, "+noedns", "+ignore", "AAAA", longAlias);
  assert.ok(cut.flags.includes("tc"));
  assert.ok(cut.answers.length > 0 && cut.answers.length < crowd.length);
  const whole = await dig(web, "+noedns", "AAAA", longAlias); // dig comes again over TCP
  const edns = await dig(web, "+bufsize=1232", "+ignore", "AAAA", longAlias);
  for (const { flags, answers } of [whole, edns]) {
    assert.equal(flags.includes("tc"), false);
    assert.equal(new Set(answers).size, crowd.length);
  }
  await host.fairlead("rm", "-f", ...crowd);
});

test("DNS-5 a long answer of a server outside has TC over UDP and is whole over TCP", async () => {
  const cut = await dig(place("web"), "+ignore", "big.example");
  assert.ok(cut.flags.includes("tc"));
  assert.equal((await dig(place("web"), "big.example")).answers.length, 100);
});

test("DNS-6 unknown names go to the host's servers, which see the host", async () => {
  for (const name of ["web", "alone", "plain"]) {
    assert.equal(await brief(place(name), "who.example"), `NOERROR A ${hostIpv4}, A ${outsideServer}`, name);
  }
  assert.equal(await brief(place("web"), "nobody.example"), "NXDOMAIN");
});

test("DNS-6 a change of the host's servers reaches running containers, a server on the host's loopback too", async () => {
  await setHostServers("127.0.0.53");
  const answer = await until(
    (text) => text.includes(loopbackServer),
    () => brief(place("web"), "who.example"),
  );
  assert.equal(answer, `NOERROR A 127.0.0.1, A ${loopbackServer}`);
  assert.equal(await brief(place("alone"), "who.example"), answer);
  await setHostServers(lab.outsideIpv4);
  await until(
    (text) => text.includes(outsideServer),
    () => brief(place("web"), "who.example"),
  );
});

test("DNS-6 servers of --dns are asked from the container itself, over IPv4 and IPv6, the next when one is silent", async () => {
  const ports = ["-p", `${hostIpv4}:53:53/udp`, "-p", `${hostIpv4}:53:53`];
  const argv = ["--rootfs", "host", process.execPath, server, ownServer];
  await host.fairlead("run", "-d", "--name", "ns", "--network=app", ...ports, ...argv);
  at["ns"] = disposed.use(await Inside.of(host, "ns"));
  const { ipv4: ns } = place("ns");
  await until(
    (text) => text.startsWith("NOERROR"),
    () => brief(place("web"), `@${ns}`, "+tries=3", "who.example").catch(String),
  );
  const chooser = await run("chooser", "--network=app", `--dns=${ns}`);
  assert.equal(await brief(chooser, "who.example"), `NOERROR A ${chooser.ipv4}, A ${ownServer}`);
  // A known name is still ours.
  assert.equal(await brief(chooser, "db"), `NOERROR A ${place("db").ipv4}`);
  const six = await run("six", "--network=app", `--dns=${lab.outsideIpv6}`);
  assert.equal(await brief(six, "who.example"), `NOERROR A ${outsideServer}`);
  const patient = await run("patient", "--network=app", "--dns=192.0.2.250", `--dns=${ns}`);
  assert.equal(await brief(patient, "+time=15", "who.example"), `NOERROR A ${patient.ipv4}, A ${ownServer}`);
  const lost = await run("lost", "--network=app", "--dns=192.0.2.250");
  assert.equal(await brief(lost, "+time=15", "who.example"), "SERVFAIL");
  await host.fairlead("rm", "-f", "chooser", "six", "patient", "lost");
});

test("DNS-6 a container on internal networks only resolves its neighbours; nothing of it is forwarded", async () => {
  const { ipv4, ipv6 } = place("sealed2");
  assert.equal(await brief(place("sealed1"), "sealed2"), `NOERROR A ${ipv4}`);
  assert.equal(await brief(place("sealed1"), "AAAA", "sealed2.sealed"), `NOERROR AAAA ${ipv6}`);
  assert.equal(await brief(place("sealed1"), "secret.example"), "SERVFAIL");
  const told = await run("told", "--network=sealed", `--dns=${lab.outsideIpv4}`);
  assert.equal(await brief(told, "secret.example"), "SERVFAIL");
  assert.equal(await asked("secret.example"), 0);
  // As soon as it has a way out, it may ask.
  await host.fairlead("network", "connect", "app", "told");
  assert.equal(await brief(told, "who.example"), `NOERROR A ${hostIpv4}, A ${outsideServer}`);
  await host.fairlead("rm", "-f", "told");
});

test("DNS-7 an answer is kept for all containers while its TTL, which counts down, lasts", async () => {
  const first = await dig(place("web"), "turn-60.example");
  assert.deepEqual([first.answers, first.ttls], [["A 198.51.100.1"], [60]]);
  assert.deepEqual((await dig(place("plain"), "turn-60.example")).answers, first.answers);
  assert.equal(await asked("turn-60.example"), 1);
  const later = await until(
    (text) => Number(text) < 60,
    async () => String((await dig(place("web"), "turn-60.example")).ttls[0]),
  );
  assert.ok(Number(later) > 0);
  assert.equal(await asked("turn-60.example"), 1);
});

test("DNS-7 an answer is not kept beyond its TTL, one of TTL 0 not at all", async () => {
  const { ttls } = await dig(place("web"), "turn-1.example");
  assert.deepEqual(ttls, [1]);
  await until(
    (text) => text === "NOERROR A 198.51.100.2",
    () => brief(place("web"), "turn-1.example"),
  );
  for (const count of [1, 2, 3])
    assert.equal(await brief(place("web"), "turn-0.example"), `NOERROR A 198.51.100.${count}`);
});

test("DNS-7 that a name does not exist is kept as long as its SOA says", async () => {
  for (const name of ["web", "plain", "web"]) assert.equal(await brief(place(name), "gone-60"), "NXDOMAIN");
  assert.equal(await asked("gone-60"), 1);
  assert.equal(await brief(place("web"), "gone-1"), "NXDOMAIN");
  await until(
    (text) => Number(text) > 1,
    async () => {
      await dig(place("web"), "gone-1");
      return String(await asked("gone-1"));
    },
  );
});

test("DNS-8 names appear and disappear with connect, disconnect, stop, start, rename and rm", async () => {
  const web = place("web");
  const known = async (name: string) => (await brief(web, name)).replace(/^NOERROR A [\d.]+$/, "known");
  const guest = await run("guest", "--network=other");
  assert.equal(await known("guest"), "NXDOMAIN");
  await host.fairlead("network", "connect", "--alias", "visitor", "app", "guest");
  for (const name of ["guest", "visitor", "guest.app", await shortId("guest")])
    assert.equal(await known(name), "known");
  assert.equal(await known("guest.other"), "NXDOMAIN");
  assert.match(await brief(guest, "db"), /^NOERROR A/);
  await host.fairlead("network", "disconnect", "app", "guest");
  for (const name of ["guest", "visitor"]) assert.equal(await known(name), "NXDOMAIN");
  assert.equal(await brief(guest, "db"), "NXDOMAIN");

  await host.fairlead("network", "connect", "--alias", "visitor", "app", "guest");
  await host.fairlead("stop", "-t", "0", "guest");
  for (const name of ["guest", "visitor"]) assert.equal(await known(name), "NXDOMAIN");
  await host.fairlead("start", "guest");
  for (const name of ["guest", "visitor"]) assert.equal(await known(name), "known");
  await host.fairlead("rename", "guest", "lodger");
  assert.deepEqual(
    [await known("guest"), await known("lodger"), await known("visitor")],
    ["NXDOMAIN", "known", "known"],
  );
  assert.equal(
    await brief(web, "-x", (await brief(web, "lodger")).slice("NOERROR A ".length)),
    "NOERROR PTR lodger.app.",
  );
  await host.fairlead("rm", "-f", "lodger");
  for (const name of ["lodger", "visitor"]) assert.equal(await known(name), "NXDOMAIN");
});

test("DNS-9 /etc/resolv.conf, /etc/hosts and /etc/hostname are the container's own, and hosts follows its networks", async () => {
  const box = await run("box", "--network=app", "--hostname=box.example.net");
  const hosts = async () => (await box.run("cat", "/etc/hosts")).split("\n").filter((line) => /box/.test(line));
  assert.equal(await box.run("cat", "/etc/hostname"), "box.example.net");
  assert.equal(await box.run("hostname"), "box.example.net");
  const own = [box.ipv4, box.ipv6].map((address) => `${address}\tbox.example.net box`);
  assert.deepEqual(await hosts(), own);
  assert.match(await box.run("cat", "/etc/hosts"), /^127\.0\.0\.1\tlocalhost$/m);
  assert.deepEqual(
    (await box.run("cat", "/etc/resolv.conf")).split("\n").filter((line) => !line.startsWith("#")),
    ["nameserver 127.0.0.11", "options ndots:0"],
  );
  await host.fairlead("network", "connect", "other", "box");
  const both = await hosts();
  assert.equal(both.length, 4);
  assert.deepEqual(
    both.filter((line) => own.includes(line)),
    own,
  );
  await host.fairlead("network", "disconnect", "app", "box");
  assert.deepEqual(
    await hosts(),
    both.filter((line) => !own.includes(line)),
  );
  await host.fairlead("rm", "-f", "box");
});

test("DNS-9 --dns-search, --dns-option and --add-host take effect, host-gateway leads to the host", async () => {
  const dns = ["--dns-search=example", "--dns-option=ndots:1", "--dns-option=timeout:3"];
  const extra = ["--add-host=up:host-gateway", "--add-host=printer:192.0.2.99", "--add-host=six=[2001:db8::9]"];
  const box = await run("tuned", "--network=app", ...dns, ...extra);
  assert.match(await box.run("cat", "/etc/resolv.conf"), /^search example$/m);
  assert.match(await box.run("cat", "/etc/resolv.conf"), /^options ndots:1 timeout:3$/m);
  assert.equal(await box.run("getent", "ahostsv4", "who"), (await box.run("getent", "ahostsv4", "who.example")).trim());
  assert.match(await box.run("getent", "ahostsv4", "who"), new RegExp(`^${outsideServer} `, "m"));
  assert.match(await box.run("getent", "hosts", "printer"), /^192\.0\.2\.99 /);
  assert.match(await box.run("getent", "hosts", "six"), /^2001:db8::9 /);
  using machine = stationOf(host);
  await machine.serve(7000);
  assert.equal(await box.run("nc", "-4", "-N", "up", "7000"), box.ipv4);
  assert.equal(await box.run("nc", "-6", "-N", "up", "7000"), box.ipv6);
  await host.fairlead("rm", "-f", "tuned");
});

test("DNS-10 a container's own DNS server on port 53 answers itself, its neighbours and the outside, UDP and TCP", async () => {
  const ns = place("ns");
  const mine = new RegExp(`^NOERROR (?:A \\S+, )?A ${ownServer.replaceAll(".", "[.]")}$`);
  for (const how of ["+notcp", "+tcp"]) {
    for (const address of ["127.0.0.1", ns.ipv4])
      assert.match(await brief(ns, `@${address}`, how, "who.example"), mine);
    assert.equal(await brief(ns, "@::1", how, "who.example"), `NOERROR A ${ownServer}`);
    assert.match(await brief(place("web"), "@ns", how, "who.example"), mine);
    assert.equal(await brief(place("web"), `@${ns.ipv6}`, how, "who.example"), `NOERROR A ${ownServer}`);
    assert.match(await brief(undefined, `@${hostIpv4}`, how, "who.example"), mine);
    // And still finds its neighbours through ours.
    assert.equal(await brief(ns, how, "db"), `NOERROR A ${place("db").ipv4}`);
  }
});

test("DNS-11 names of networks the container is not on do not resolve, whoever's they are", async () => {
  for (const name of [
    "far",
    "hidden",
    "far.other",
    "hidden.other",
    await shortId("far"),
    "sealed1",
    "alone",
    "alone.bridge",
  ]) {
    assert.equal(await brief(place("web"), name), "NXDOMAIN", name);
    assert.equal(await brief(place("web"), "AAAA", name), "NXDOMAIN", name);
  }
  for (const name of ["web", "web.app", "store"]) assert.equal(await brief(place("alone"), name), "NXDOMAIN", name);
});
