import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { silentLog } from "../base/log.ts";
import type { Upstream } from "../contracts/names.ts";
import type { ResolverSockets } from "../contracts/packets.ts";
import { DnsService } from "../dns/service.ts";
import { summary, TestClient, TestConnection } from "../dns/testing/client.ts";
import { aRecord, config, soaRecord } from "../dns/testing/messages.ts";
import { type Handler, TestUpstream } from "../dns/testing/upstream.ts";
import { TC } from "../dns/wire/message.ts";
import { duplicate } from "../kernel/ffi/connect.ts";
import { KernelPacketBatch } from "../kernel/ffi/packets.ts";
import { Namespaces } from "../kernel/netns/namespaces.ts";
import { closeResolverSockets, openResolverSockets } from "../kernel/sockets/resolver-sockets.ts";
import { openUpstreamSocket } from "../kernel/sockets/upstream-socket.ts";

/*
 * The DNS in this thread, on real sockets, with servers to forward to: all in this process's own namespace. Time-outs
 * are 150 ms; the clock of cache and health is the test's.
 */
const namespaces = new Namespaces("/nonexistent");
before(() => {
  execFileSync("ip", ["link", "set", "lo", "up"]);
});

class Lab implements Disposable {
  now = 1_000_000;
  readonly sockets: ResolverSockets = openResolverSockets(namespaces, "host");
  readonly service: DnsService;
  readonly client = new TestClient({ address: "127.0.0.11", port: this.sockets.udpPort });

  constructor(
    servers: readonly { port: number; address?: string }[],
    { timeoutMs = 150, ...changes }: { forward?: boolean; timeoutMs?: number } = {},
  ) {
    this.service = new DnsService({
      log: silentLog,
      duplicate,
      openUpstream: (target) => openUpstreamSocket(namespaces, target),
      batch: new KernelPacketBatch(),
      now: () => this.now,
      upstreamTimeoutMs: timeoutMs,
    });
    const upstreams = servers.map(({ port, address = "127.0.0.1" }): Upstream => ({ address, port, from: "host" }));
    this.service.publish([{ endpointId: "e1", networkId: "n1", names: ["web"], ipv4: "172.18.0.2" }]);
    this.service.open(config({ sandboxId: "host", upstreams, ...changes }), this.sockets);
  }

  async ask(name: string, type = 1): Promise<string> {
    return summary(await this.client.ask({ name, type }));
  }

  connect(): TestConnection {
    return new TestConnection({ address: "127.0.0.11", port: this.sockets.tcpPort });
  }

  counts(): Record<string, number> {
    return Object.fromEntries(
      this.service.statistics().map(({ source, rcode, count }) => [`${source} ${rcode}`, count]),
    );
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
    this.service[Symbol.dispose]();
    closeResolverSockets(this.sockets);
  }
}

const at = { address: "127.0.0.1" };
const answers =
  (address: string, ttl = 60): Handler =>
  (query) => {
    return { answers: [aRecord(query.questions[0]?.name ?? "", address, ttl)] };
  };
const fails =
  (rcode: number): Handler =>
  () => ({ flags: 0x8180 | rcode });
const silent: Handler = () => undefined;

const openDescriptors = () => readdirSync("/proc/self/fd").length;
let descriptors = 0;
before(async () => {
  {
    using lab = new Lab([]); // whatever is opened once and for all
    await lab.ask("web");
  }
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate); // handles close in a later turn of the loop
  descriptors = openDescriptors();
});
after(async () => {
  for (let turn = 0; turn < 1000 && openDescriptors() > descriptors; turn += 1) await new Promise(setImmediate);
  assert.equal(openDescriptors(), descriptors, "every socket is closed");
});

test("DnsService forwards what it does not own, and nothing else", async () => {
  await using upstream = await TestUpstream.start(at, answers("9.9.9.9"));
  using lab = new Lab([upstream]);
  assert.equal(await lab.ask("example.com"), "0 9.9.9.9");
  assert.equal(await lab.ask("web"), "0 172.18.0.2");
  for (const type of [28, 15, 16, 33, 65, 255]) assert.equal(await lab.ask("web.net1", type), "0");
  assert.equal(await lab.ask("77.0.18.172.in-addr.arpa", 12), "3");
  assert.deepEqual(upstream.asked, ["udp example.com."]);
  assert.deepEqual(lab.counts(), { "upstream NOERROR": 1, "local NOERROR": 7, "local NXDOMAIN": 1 });
});

test("DnsService never forwards for a sandbox without a way out", async () => {
  await using upstream = await TestUpstream.start(at, answers("9.9.9.9"));
  using lab = new Lab([upstream], { forward: false });
  assert.equal(await lab.ask("example.com"), "2"); // nobody here can say that there is no such name
  assert.deepEqual(upstream.asked, []);
});

const next = [
  { what: "SERVFAIL", handler: fails(2) },
  { what: "REFUSED", handler: fails(5) },
  { what: "silence", handler: silent },
  {
    what: "a broken answer",
    handler: ((query) =>
      Buffer.concat([
        Buffer.from([query.id >> 8, query.id & 255]),
        Buffer.from("81800001ffff00000000", "hex"),
        Buffer.from("\x07example\x03com\0\0\x01\0\x01", "latin1"),
      ])) as Handler,
  },
];
for (const { what, handler } of next)
  test(`DnsService asks the next server after ${what}`, async () => {
    await using first = await TestUpstream.start(at, handler);
    await using second = await TestUpstream.start(at, answers("9.9.9.9"));
    using lab = new Lab([first, second]);
    assert.equal(await lab.ask("example.com"), "0 9.9.9.9");
    assert.equal(first.asked[0], "udp example.com.");
  });

test("DnsService takes NXDOMAIN as final", async () => {
  await using first = await TestUpstream.start(at, fails(3));
  await using second = await TestUpstream.start(at, answers("9.9.9.9"));
  using lab = new Lab([first, second]);
  assert.equal(await lab.ask("example.com"), "3");
  assert.deepEqual(second.asked, []);
});

test("DnsService answers SERVFAIL when all servers fail, and when there is none", async () => {
  await using first = await TestUpstream.start(at, silent);
  await using second = await TestUpstream.start(at, fails(5));
  {
    using lab = new Lab([first, second]);
    assert.equal(await lab.ask("example.com"), "2");
    assert.deepEqual(lab.counts(), { "upstream SERVFAIL": 1 });
  }
  using none = new Lab([]);
  assert.equal(await none.ask("example.com"), "2");
});

test("DnsService does not ask itself", async () => {
  using lab = new Lab([{ address: "127.0.0.11", port: 53 }]);
  assert.equal(await lab.ask("example.com"), "2");
});

test("DnsService asks a silent server last for ten seconds", async () => {
  await using first = await TestUpstream.start(at, silent);
  await using second = await TestUpstream.start(at, answers("9.9.9.9"));
  using lab = new Lab([first, second]);
  for (const name of ["a.com", "b.com", "c.com"]) assert.equal(await lab.ask(name), "0 9.9.9.9");
  assert.equal(first.asked.length, 1);
  lab.now += 10_000;
  assert.equal(await lab.ask("d.com"), "0 9.9.9.9");
  assert.equal(first.asked.length, 2);
});

test("DnsService gives answers of the cache, aged, and asks again when they are over", async () => {
  await using upstream = await TestUpstream.start(at, answers("9.9.9.9", 30));
  using lab = new Lab([upstream]);
  const ttl = async () => (await lab.client.ask({ name: "eXample.com", type: 1 })).answers[0]?.ttl;
  const seen = [await ttl()];
  lab.now += 12_000;
  seen.push(await ttl());
  lab.now += 18_000;
  seen.push(await ttl());
  assert.deepEqual([seen, upstream.asked.length], [[30, 18, 30], 2]);
  assert.deepEqual(lab.counts(), { "upstream NOERROR": 2, "cache NOERROR": 1 });
});

test("DnsService keeps negative answers as long as their SOA says", async () => {
  await using upstream = await TestUpstream.start(at, () => ({
    flags: 0x8183,
    authorities: [soaRecord("com.", 60, 5)],
  }));
  using lab = new Lab([upstream]);
  for (const passed of [0, 4000, 1000]) {
    lab.now += passed;
    assert.equal(await lab.ask("gone.com"), "3");
  }
  assert.equal(upstream.asked.length, 2);
});

test("DnsService goes on from its cache when the server is killed, and says SERVFAIL for the rest at once", async () => {
  const upstream = await TestUpstream.start(at, answers("9.9.9.9"));
  using lab = new Lab([upstream]);
  assert.equal(await lab.ask("kept.com"), "0 9.9.9.9");
  await upstream[Symbol.asyncDispose]();
  assert.deepEqual([await lab.ask("kept.com"), await lab.ask("new.com")], ["0 9.9.9.9", "2"]);
});

test("DnsService turns to the second server when the first is killed with questions under way", async () => {
  const first = await TestUpstream.start(at, silent);
  await using second = await TestUpstream.start(at, answers("9.9.9.9"));
  using lab = new Lab([first, second]);
  const asked = ["a.com", "b.com"].map((name) => lab.ask(name));
  await first.arrived(2);
  await first[Symbol.asyncDispose]();
  assert.deepEqual(await Promise.all(asked), ["0 9.9.9.9", "0 9.9.9.9"]);
});

test("DnsService asks once for all who ask the same at the same time", async () => {
  await using upstream = await TestUpstream.start(at, answers("9.9.9.9"));
  upstream.holds = true;
  using lab = new Lab([upstream]);
  const asked = Array.from({ length: 50 }, () => lab.ask("example.com"));
  await upstream.arrived(1);
  // A local answer comes back after all that was asked before it: so all fifty have been read.
  await lab.ask("web");
  upstream.release();
  assert.deepEqual(new Set(await Promise.all(asked)), new Set(["0 9.9.9.9"]));
  assert.equal(upstream.asked.length, 1);
});

test("DnsService refuses what is beyond a sandbox's share of waiting queries, and recovers", async () => {
  await using upstream = await TestUpstream.start(at, answers("9.9.9.9"));
  upstream.holds = true;
  using lab = new Lab([upstream], { timeoutMs: 60_000 });
  const asked: Promise<string>[] = [];
  for (let first = 0; first < 600; first += 50) {
    for (let index = first; index < first + 50; index += 1) asked.push(lab.ask(`n${index}.com`));
    await lab.ask("web"); // read up to here: the socket's buffer must not overflow
  }
  await upstream.arrived(512);
  assert.equal(lab.counts()["limit REFUSED"], 88);
  for (let first = 0; first < 512; first += 50) {
    upstream.release(50);
    await Promise.all(asked.slice(first, Math.min(first + 50, 512))); // nor that of the client
  }
  const results = await Promise.all(asked);
  assert.deepEqual(
    [results.filter((r) => r === "0 9.9.9.9").length, results.filter((r) => r === "5").length],
    [512, 88],
  );
  upstream.holds = false;
  assert.equal(await lab.ask("after.com"), "0 9.9.9.9");
});

test("DnsService asks each question from a port and with an id of its own", async () => {
  await using upstream = await TestUpstream.start(at, answers("9.9.9.9"));
  using lab = new Lab([upstream]);
  await Promise.all(Array.from({ length: 40 }, (_, index) => lab.ask(`n${index}.com`)));
  assert.ok(new Set(upstream.seen.map(({ port }) => port)).size > 30);
  assert.ok(new Set(upstream.seen.map(({ id }) => id)).size > 30);
});

test("DnsService ignores answers with another id or question", async () => {
  await using upstream = await TestUpstream.start(at, (query) => {
    const [question] = query.questions;
    if (question?.name === "id.com.") return { id: query.id ^ 1, answers: [aRecord("id.com.", "6.6.6.6")] };
    return { questions: [{ name: "other.com.", type: 1, class: 1 }], answers: [aRecord("other.com.", "6.6.6.6")] };
  });
  using lab = new Lab([upstream]);
  assert.deepEqual(await Promise.all([lab.ask("id.com"), lab.ask("question.com")]), ["2", "2"]);
});

test("DnsService asks without EDNS a server that does not know it", async () => {
  await using upstream = await TestUpstream.start(at, (query) =>
    query.additionals.length > 0 ? { flags: 0x8181, questions: [] } : { answers: [aRecord("old.com.", "9.9.9.9")] },
  );
  using lab = new Lab([upstream]);
  assert.equal(await lab.ask("old.com"), "0 9.9.9.9");
  assert.equal(upstream.asked.length, 2);
});

const large: Handler = (_query, protocol) =>
  protocol === "udp"
    ? { flags: 0x8380 }
    : { answers: Array.from({ length: 60 }, (_, index) => aRecord("big.com.", `9.9.9.${index}`)) };

test("DnsService tells a client over UDP of a cut answer, and fetches all of it over TCP for one over TCP", async () => {
  await using upstream = await TestUpstream.start(at, large);
  using lab = new Lab([upstream]);
  const cut = await lab.client.ask({ name: "big.com", type: 1, size: 4096 });
  assert.deepEqual([cut.flags & TC, cut.answers.length, upstream.asked], [TC, 0, ["udp big.com."]]);
  using connection = lab.connect();
  connection.send({ name: "big.com", type: 1 });
  const whole = await connection.next();
  assert.deepEqual([whole.flags & TC, whole.answers.length], [0, 60]);
  assert.deepEqual(upstream.asked, ["udp big.com.", "udp big.com.", "tcp big.com."]);
});

test("DnsService answers SERVFAIL over TCP when the server cuts over UDP and has no TCP", async () => {
  await using upstream = await TestUpstream.start(at, (_query, protocol) =>
    protocol === "udp" ? { flags: 0x8380 } : undefined,
  );
  using lab = new Lab([upstream]);
  using connection = lab.connect();
  connection.send({ name: "big.com", type: 1 });
  assert.equal(summary(await connection.next()), "2");
});

test("TcpServer answers pipelined queries as they get ready, cut into pieces as they may be", async () => {
  await using upstream = await TestUpstream.start(at, answers("9.9.9.9"));
  upstream.holds = true;
  using lab = new Lab([upstream]);
  using connection = lab.connect();
  connection.send({ name: "slow.com", type: 1, id: 1 });
  await upstream.arrived(1);
  connection.send({ name: "web", type: 1, id: 2 });
  const first = await connection.next();
  upstream.release();
  const second = await connection.next();
  assert.deepEqual([first.id, second.id], [2, 1]);
  const frame = Buffer.from("001500070100000100000000000003776562", "hex");
  for (const part of [
    frame.subarray(0, 1),
    frame.subarray(1, 9),
    frame.subarray(9),
    Buffer.from("0000010001", "hex"),
  ]) {
    connection.socket.write(part);
    await new Promise(setImmediate);
  }
  assert.equal(summary(await connection.next()), "0 172.18.0.2");
});

test("TcpServer still answers a client that has ended its side, then closes", async () => {
  await using upstream = await TestUpstream.start(at, answers("9.9.9.9"));
  using lab = new Lab([upstream]);
  using connection = lab.connect();
  connection.send({ name: "example.com", type: 1 });
  connection.socket.end();
  assert.equal(summary(await connection.next()), "0 9.9.9.9");
  await connection.closed();
});

test("TcpServer closes the connection that was idle longest when there are too many", async () => {
  using lab = new Lab([]);
  using stack = new DisposableStack();
  const connections: TestConnection[] = [];
  for (let index = 0; index < 65; index += 1) {
    const connection = stack.use(lab.connect());
    connections.push(connection);
    connection.send({ name: "web", type: 1 });
    await connection.next();
    const [first] = connections;
    if (index === 10 && first) {
      first.send({ name: "web", type: 1 }); // the first is not the longest idle any more
      await first.next();
    }
  }
  await connections[1]?.closed();
  connections[0]?.send({ name: "web", type: 1 });
  assert.equal(summary((await connections[0]?.next()) as never), "0 172.18.0.2");
});

test("TcpServer gives all its answers, in order, to a client that reads late", async () => {
  using lab = new Lab([]);
  lab.service.publish(
    Array.from({ length: 500 }, (_, index) => {
      return { endpointId: `m${index}`, networkId: "n1", names: ["many"], ipv4: `172.18.1.${index % 250}` };
    }),
  );
  using connection = lab.connect();
  connection.socket.pause();
  const count = 3000; // 24 MB of answers: far more than sockets buffer
  for (let index = 0; index < count; index += 1) connection.send({ name: "many", type: 1, id: index });
  assert.equal(await lab.ask("web"), "0 172.18.0.2");
  connection.socket.resume();
  for (let index = 0; index < count; index += 1) assert.equal((await connection.next()).id, index);
});

test("DnsService goes on serving after datagrams of every kind of rubbish", async () => {
  using lab = new Lab([]);
  const { createSocket } = await import("node:dgram");
  const socket = createSocket("udp4");
  for (let index = 0; index < 200; index += 1)
    socket.send(
      Buffer.from(Array.from({ length: index % 40 }, (_, at) => (index * 31 + at * 17) & 255)),
      lab.sockets.udpPort,
      "127.0.0.11",
    );
  assert.equal(await lab.ask("web"), "0 172.18.0.2");
  socket.close();
});
