import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { mock, test } from "node:test";
import { EtcdServer, newestEtcd } from "../../../lab/etcd.ts";
import { silentLog } from "../../base/log.ts";
import type { ClusterStore } from "../../contracts/cluster-store.ts";
import { withCode, write } from "../testing/subject.ts";
import { type EtcdOptions, openEtcdStore } from "./store.ts";

const program = newestEtcd();
const etcd = "127.0.0.1:2379";

function client(endpoints: readonly string[], options: EtcdOptions = {}): AsyncDisposable & { store: ClusterStore } {
  const store = openEtcdStore({ kind: "etcd", endpoints, prefix: "connecting" }, silentLog, options);
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

/** Takes connections and says nothing, as a machine that hangs does. */
class Silent implements AsyncDisposable {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => {
    this.#sockets.add(socket.on("error", () => {}));
  });

  static async listen(): Promise<Silent> {
    const silent = new Silent();
    await once(silent.#server.listen(0, "127.0.0.1"), "listening");
    return silent;
  }

  get endpoint(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  connection = (): Promise<unknown> => once(this.#server, "connection");

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Sets this process's wall clock, and leaves its timers alone. Disposed, it is right again. */
function wrongClock(offsetMs: number): Disposable {
  mock.timers.enable({ apis: ["Date"], now: Date.now() + offsetMs });
  return { [Symbol.dispose]: () => mock.timers.reset() };
}

const hour = 3_600_000;

for (const [name, offset] of Object.entries({ back: -hour, forward: hour })) {
  test(`etcd: a call ends in its time when the clock is set ${name} meanwhile`, { timeout: 30_000 }, async () => {
    await using silent = await Silent.listen();
    await using one = client([silent.endpoint], { timeoutMs: 1_500 });
    const connection = silent.connection();
    const reading = assert.rejects(one.store.get("a"), withCode("STORE_AWAY"));
    await connection;
    using _wrong = wrongClock(offset);
    await reading;
    await assert.rejects(one.store.get("a"), withCode("STORE_AWAY"));
  });
}

test("etcd: a clock that is set forward takes no time from a call", { timeout: 30_000 }, async () => {
  await using _server = await EtcdServer.create({ program });
  await using silent = await Silent.listen();
  await using one = client([silent.endpoint, etcd]);
  const connection = silent.connection();
  const writing = write(one.store, { put: "a", value: "1" });
  await connection;
  using _wrong = wrongClock(hour);
  await writing;
  assert.equal((await one.store.get("a"))?.value, "1");
});

/** The first SYNs of every connection are lost; the kernel sends one again after one second, and two more (RFC 6298). */
function loseSyns(count: number): Disposable {
  const numbers = Array.from({ length: count }, (_, n) => n);
  const lost = "tcp dport 2379 tcp flags & (syn | ack) == syn tcp sport";
  const rules = `table inet lossy {
    ${numbers.map((n) => `set seen${n} { type inet_service; flags dynamic; timeout 1m; }`).join("\n")}
    chain in {
      type filter hook input priority 0;
      ${numbers.map((n) => `${lost} != @seen${n} add @seen${n} { tcp sport } drop`).join("\n")}
    }
  }`;
  execFileSync("nft", ["-f", "-"], { input: rules });
  return { [Symbol.dispose]: () => void execFileSync("nft", ["delete", "table", "inet", "lossy"]) };
}

const slow: [endpoints: readonly string[], lost: number][] = [
  [[etcd], 2],
  [[etcd, "127.0.0.2:2379"], 1],
];
for (const [endpoints, lost] of slow) {
  test(`etcd: ${endpoints.join(" or ")}, which loses ${lost} SYN of each connection, is reached`, {
    timeout: 60_000,
  }, async () => {
    await using _server = await EtcdServer.create({ program });
    using _lossy = loseSyns(lost);
    await using one = client(endpoints);
    await write(one.store, { put: "a", value: "1" });
    const lease = await one.store.grant(5);
    await lease.revoke();
  });
}
