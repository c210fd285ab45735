import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { silentLog } from "../base/log.ts";
import type { ResolverConfig } from "../contracts/names.ts";
import { NamesInWorker } from "../dns/names-in-worker.ts";
import { aRecord, config } from "../dns/testing/messages.ts";
import { type Handler, TestUpstream } from "../dns/testing/upstream.ts";
import * as libc from "../kernel/ffi/libc.ts";
import { portOf, sockaddrIn } from "../kernel/ffi/sockaddr.ts";
import { Namespaces } from "../kernel/netns/namespaces.ts";
import { PinnedSandboxes, unpin } from "../kernel/netns/sandboxes.ts";
import { closeResolverSockets, openResolverSockets } from "../kernel/sockets/resolver-sockets.ts";
import { spawnDnsWorker, startNames } from "./names.ts";

/* The DNS as the daemon runs it: in its thread, with sandboxes of their own, asked by dig from inside them. */

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), "fairlead-names-"));
const namespaces = new Namespaces(directory);
const sandboxes = new PinnedSandboxes(namespaces, async (id) => unpin(namespaces.path(id)));
before(() => {
  execFileSync("ip", ["link", "set", "lo", "up"]);
  for (const id of ["s1", "s2"]) sandboxes.create(id);
});
after(async () => {
  for (const id of sandboxes.list()) await sandboxes.remove(id);
  rmSync(directory, { recursive: true });
});

const onFatal = (error: Error): void => assert.fail(String(error));
const start = () =>
  startNames({ sandboxes, netnsDirectory: directory, log: silentLog, onFatal, upstreamTimeoutMs: 300 });
const web = { endpointId: "e1", networkId: "n1", names: ["web", "www"], ipv4: "172.18.0.2", ipv6: "fd00::2" };
const db = { endpointId: "e2", networkId: "n1", names: ["db", "www"], ipv4: "172.18.0.3" };

/** dig's answer section, one record a line, asked from inside the sandbox. */
async function dig(sandbox: string, port: number, ...words: string[]): Promise<string[]> {
  const options = ["+time=2", "+tries=1", "+noall", "+answer", "+comments"];
  const { stdout } = await run("nsenter", [
    `--net=${sandboxes.path(sandbox)}`,
    "dig",
    "@127.0.0.11",
    "-p",
    String(port),
    ...options,
    ...words,
  ]);
  const status = /status: (\w+)/.exec(stdout)?.[1] ?? "";
  const records = stdout.split("\n").filter((line) => line !== "" && !line.startsWith(";"));
  return [status, ...records.map((line) => line.replace(/\s+/g, " ")).sort()];
}

test("Names answers dig inside the sandbox, over UDP and TCP", async () => {
  const names = start();
  try {
    await names.publish([web, db]);
    const { udp, tcp } = await names.open(config());
    const ask = (...words: string[]) => dig("s1", udp, ...words);
    assert.deepEqual(await ask("WWW"), ["NOERROR", "WWW. 600 IN A 172.18.0.2", "WWW. 600 IN A 172.18.0.3"]);
    assert.deepEqual(await dig("s1", tcp, "+tcp", "db.net1"), ["NOERROR", "db.net1. 600 IN A 172.18.0.3"]);
    assert.deepEqual(await ask("web", "AAAA"), ["NOERROR", "web. 600 IN AAAA fd00::2"]);
    assert.deepEqual(await ask("db", "AAAA"), ["NOERROR"]);
    assert.deepEqual(await ask("-x", "172.18.0.2"), ["NOERROR", "2.0.18.172.in-addr.arpa. 600 IN PTR web.net1."]);
    assert.deepEqual(await ask("+noedns", "+nordflag", "web"), ["NOERROR", "web. 600 IN A 172.18.0.2"]);
    assert.deepEqual(await ask("+dnssec", "web"), ["NOERROR", "web. 600 IN A 172.18.0.2"]);
    assert.deepEqual(await ask("+opcode=NOTIFY", "web"), ["NOTIMP"]);
    assert.deepEqual(await ask("+edns=1", "+noednsnegotiation", "web"), ["BADVERS"]);
  } finally {
    await names.stop();
  }
});

test("Names truncates at 512 octets without EDNS, and at what the client says with it", async () => {
  const names = start();
  try {
    const members = Array.from({ length: 60 }, (_, index) => {
      return { endpointId: `m${index}`, networkId: "n1", names: ["many"], ipv4: `172.18.0.${index + 10}` };
    });
    await names.publish(members);
    const { udp } = await names.open(config());
    const cut = await dig("s1", udp, "+noedns", "+ignore", "many");
    const whole = await dig("s1", udp, "+bufsize=4096", "many");
    assert.deepEqual([cut.length - 1, whole.length - 1], [30, 60]);
  } finally {
    await names.stop();
  }
});

test("Names sees every change as soon as the method returns", async () => {
  const names = start();
  try {
    const { udp } = await names.open(config({ forward: false }));
    const ask = () => dig("s1", udp, "web");
    const seen = [await ask()];
    await names.publish([web]);
    seen.push(await ask());
    await names.update(config({ forward: false, networks: [] }));
    seen.push(await ask());
    await names.update(config({ forward: false, networks: [], links: {} }));
    await names.update(config({ forward: false }));
    await names.withdraw(["e1"]);
    seen.push(await ask());
    assert.deepEqual(seen, [["SERVFAIL"], ["NOERROR", "web. 600 IN A 172.18.0.2"], ["SERVFAIL"], ["SERVFAIL"]]);
  } finally {
    await names.stop();
  }
});

test("Names shows each sandbox its own networks", async () => {
  const names = start();
  try {
    await names.publish([web, { ...db, networkId: "n2" }]);
    const other: ResolverConfig = config({ sandboxId: "s2", networks: [{ id: "n2", name: "net2" }], forward: false });
    const first = await names.open(config({ forward: false }));
    const second = await names.open(other);
    const seen = await Promise.all([
      dig("s1", first.udp, "web"),
      dig("s1", first.udp, "db"),
      dig("s2", second.udp, "web"),
      dig("s2", second.udp, "db.net2"),
    ]);
    assert.deepEqual(
      seen.map(([status]) => status),
      ["NOERROR", "SERVFAIL", "SERVFAIL", "NOERROR"],
    );
  } finally {
    await names.stop();
  }
});

/** A UDP and a TCP socket inside a sandbox, on one port, for a server of the test. */
function openInside(sandbox: string, address: string): { udpFd: number; tcpFd: number; port: number } {
  return sandboxes.runIn(sandbox, () => {
    const tcpFd = libc.socket(libc.AF_INET, libc.SOCK_STREAM, libc.IPPROTO_TCP);
    libc.bind(tcpFd, sockaddrIn(address, 0), address);
    libc.listen(tcpFd, 8);
    const port = portOf(libc.socketName(tcpFd));
    const udpFd = libc.socket(libc.AF_INET, libc.SOCK_DGRAM, libc.IPPROTO_UDP);
    libc.bind(udpFd, sockaddrIn(address, port), address);
    return { udpFd, tcpFd, port };
  });
}

test("Names asks each server from where it is said to be: the host or the sandbox", async () => {
  const names = start();
  const whole =
    (address: string): Handler =>
    (_query, protocol) =>
      protocol === "udp" ? { flags: 0x8380 } : { answers: [aRecord("example.com.", address)] };
  await using host = await TestUpstream.start({ address: "127.0.0.1" }, whole("1.1.1.1"));
  await using own = await TestUpstream.start(openInside("s1", "127.0.0.1"), whole("2.2.2.2"));
  try {
    const ask = async (from: "host" | "sandbox", port: number) => {
      const { tcp } = await names.open(config({ upstreams: [{ address: "127.0.0.1", port, from }] }));
      return dig("s1", tcp, "+tcp", "example.com"); // so that both protocols are used
    };
    assert.deepEqual(await ask("host", host.port), ["NOERROR", "example.com. 60 IN A 1.1.1.1"]);
    assert.deepEqual(await ask("sandbox", own.port), ["NOERROR", "example.com. 60 IN A 2.2.2.2"]);
    assert.deepEqual(await ask("host", own.port), ["SERVFAIL"]);
    assert.deepEqual([host.asked.length, own.asked.length], [2, 2]);
  } finally {
    await names.stop();
  }
});

test("Names keeps answering on the same ports after its thread dies, with everything it knew, and loses no query", async () => {
  const workers: Worker[] = [];
  const lines: string[] = [];
  const names = new NamesInWorker({
    spawn: () => {
      const worker = spawnDnsWorker({ netnsDirectory: directory, upstreamTimeoutMs: 300, batched: true });
      workers.push(worker);
      return worker;
    },
    openSockets: (id) => openResolverSockets(sandboxes, id),
    closeSockets: closeResolverSockets,
    log: { ...silentLog, error: (_fields, text) => lines.push(text) },
    onFatal,
  });
  try {
    await names.publish([web]);
    const { udp, tcp } = await names.open(config());
    const dead = once(workers[0] as Worker, "exit");
    const asked = (workers[0] as Worker).terminate().then(() => dig("s1", udp, "web"));
    const published = names.publish([db]); // on its way when the thread dies
    await dead;
    assert.deepEqual(await asked, ["NOERROR", "web. 600 IN A 172.18.0.2"]);
    await published;
    assert.deepEqual(await dig("s1", tcp, "+tcp", "db"), ["NOERROR", "db. 600 IN A 172.18.0.3"]);
    assert.deepEqual([workers.length, lines], [2, ["the DNS thread ended unexpectedly, starting it again"]]);
  } finally {
    await names.stop();
  }
});

test("Names gives up with the cause when its thread keeps dying", async () => {
  const { promise, resolve } = Promise.withResolvers<Error>();
  let starts = 0;
  const names = new NamesInWorker({
    spawn: () => {
      starts += 1;
      return new Worker("throw new Error('broken')", { eval: true });
    },
    openSockets: (id) => openResolverSockets(sandboxes, id),
    closeSockets: closeResolverSockets,
    log: silentLog,
    onFatal: resolve,
  });
  const published = assert.rejects(names.publish([web]), /Cannot keep the DNS running/);
  const error = await promise;
  await published;
  assert.match(error.message, /ended 6 times in a minute/);
  assert.match(String(error.cause), /broken/);
  assert.equal(starts, 6);
  await names.stop();
});

test("Names opens and closes each descriptor once", async () => {
  const names = start();
  try {
    const cycle = async () => {
      const { udp } = await names.open(config());
      await dig("s1", udp, "web");
      await names.open(config()); // replaces
      await names.close("s1");
      await names.close("s1");
    };
    const count = () => readdirSync("/proc/self/fd").length;
    await cycle();
    const before = count();
    for (let index = 0; index < 20; index += 1) await cycle();
    assert.equal(count(), before);
  } finally {
    await names.stop();
  }
});

test("Names refuses a sandbox that is not there, and leaves nothing open", async () => {
  const names = start();
  try {
    await names.statistics(); // the thread is up, and has opened what it needs
    const before = readdirSync("/proc/self/fd").length;
    await assert.rejects(names.open(config({ sandboxId: "gone" })), /gone/);
    assert.equal(readdirSync("/proc/self/fd").length, before);
    await names.close("gone");
  } finally {
    await names.stop();
  }
});
