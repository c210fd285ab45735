import assert from "node:assert/strict";
import { once } from "node:events";
import { after, afterEach, test } from "node:test";
import { WebSocket } from "ws";
import { clear, refusal } from "../../../lab/api.ts";
import { docker, streamsHost } from "./streams-host.ts";

const host = await streamsHost();
after(() => host[Symbol.asyncDispose]());
afterEach(() => clear(host));

/** The library's own client: what came, as one text, and how it ended. */
class Client {
  readonly socket: WebSocket;
  readonly kinds = new Set<string>();
  text = "";
  readonly #closed: Promise<number>;

  constructor(container: string, query: string, version = "v1.51") {
    this.socket = new WebSocket(
      `ws+unix:${host.pathOf(host.socket)}:/${version}/containers/${container}/attach/ws?${query}`,
    );
    this.socket.on("message", (data, isBinary) => {
      this.kinds.add(isBinary ? "binary" : "text");
      this.text += String(data);
    });
    this.#closed = new Promise((resolve) => this.socket.once("close", resolve));
  }

  async opened(): Promise<this> {
    await once(this.socket, "open");
    return this;
  }
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.text)) await once(this.socket, "message");
    return this.text;
  }
  /** The close code. */
  closed(): Promise<number> {
    return this.#closed;
  }
}

const all = "stream=1&stdin=1&stdout=1&stderr=1";
const running = (name: string) => docker(host, "inspect", "-f", "{{.State.Running}}", name);

test("STR-22 attach/ws carries input and both outputs, raw and binary, and closes when the container has ended", async () => {
  await docker(host, "create", "-i", "--name", "box", "busybox", "sh", "-c", "read a; echo out $a; echo err $a >&2");
  const client = await new Client("box", all).opened();
  await docker(host, "start", "box");
  client.socket.send("one\n");
  assert.equal(await client.closed(), 1000);
  assert.deepEqual(client.text.split("\n").sort(), ["", "err one", "out one"]);
  assert.deepEqual([...client.kinds], ["binary"]);
});

test("STR-22 attach/ws: the client's close frame ends the input of its own container, and the output goes on", async () => {
  await docker(
    host,
    "create",
    "-i",
    "-a",
    "stdin",
    "-a",
    "stdout",
    "--name",
    "box",
    "busybox",
    "sh",
    "-c",
    "cat; echo over",
  );
  const client = await new Client("box", all).opened();
  await docker(host, "start", "box");
  client.socket.send("one\n");
  await client.until(/one/);
  client.socket.close();
  assert.equal(await client.closed(), 1000);
  assert.equal(client.text, "one\nover\n");
});

test("STR-22 attach/ws: another container's input stays open when a client leaves, and goes on with the next", async () => {
  await docker(host, "run", "-di", "--name", "box", "busybox", "cat");
  const first = await new Client("box", all).opened();
  first.socket.send("one\n");
  await first.until(/one\n/);
  first.socket.close();
  await first.closed();
  const second = await new Client("box", `${all}&logs=1`).opened();
  second.socket.send("two\n");
  assert.equal(await second.until(/two\n/), "one\ntwo\n");
  second.socket.terminate();
  assert.equal(await running("box"), "true");
});

test("STR-22 attach/ws at a terminal: echo, and the detach keys let go", async () => {
  await docker(host, "run", "-dit", "--name", "box", "busybox", "sh");
  const client = await new Client("box", `${all}&detachKeys=ctrl-a,d`).opened();
  client.socket.send("echo $((40+2))\n");
  await client.until(/\r\n42\r\n/);
  client.socket.send(Buffer.from("\x01d"));
  assert.equal(await client.closed(), 1000);
  assert.equal(await running("box"), "true");
  const again = await new Client("box", all).opened();
  again.socket.send("exit\n");
  assert.equal(await again.closed(), 1000);
});

test("STR-22 attach/ws gives the streams that are asked for; before API 1.42 all, before 1.28 as text", async () => {
  await docker(host, "create", "-i", "--name", "box", "busybox", "sh", "-c", "read a; echo out; read b; echo err >&2");
  const clients = await Promise.all([
    new Client("box", "stream=1&stderr=1").opened(),
    new Client("box", "stream=1", "v1.41").opened(),
    new Client("box", "stream=1", "v1.27").opened(),
  ]);
  await docker(host, "start", "box");
  clients[0]?.socket.send("dropped, for it did not ask for the input\n");
  clients[1]?.socket.send("go\n");
  await clients[1]?.until(/out\n/); // two outputs have an order only where one waits for the other
  clients[1]?.socket.send("on\n");
  for (const client of clients) assert.equal(await client.closed(), 1000);
  assert.deepEqual(
    clients.map(({ text }) => text),
    ["err\n", "out\nerr\n", "out\nerr\n"],
  );
  assert.deepEqual(
    clients.flatMap(({ kinds }) => [...kinds]),
    ["binary", "binary", "text"],
  );
});

test("STR-22 attach/ws carries 20 MB bit for bit to a client that reads slowly", async () => {
  await docker(host, "create", "--name", "box", "busybox", "sh", "-c", "yes 0123456789abcde | head -c 20000000");
  const client = await new Client("box", all).opened();
  await docker(host, "start", "box");
  for (let rest = 5; rest > 0; rest -= 1) {
    client.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.socket.resume();
    await once(client.socket, "message");
  }
  assert.equal(await client.closed(), 1000);
  assert.equal(client.text, "0123456789abcde\n".repeat(1_250_000));
});

test("STR-22 attach/ws: clients that go away leave no descriptor and no listener, whatever they sent", async () => {
  await docker(host, "run", "-di", "--name", "box", "busybox", "sleep", "infinity"); // it reads nothing
  const pid = (await host.run("cat", `${host.folder}/pid`)).trim();
  const files = async () => Number(await host.run("sh", "-c", `ls /proc/${pid}/fd | wc -l`));
  const leave = async (bytes: number) => {
    const client = await new Client("box", all).opened();
    await new Promise((resolve) => client.socket.send(Buffer.alloc(bytes), resolve));
    client.socket.terminate();
  };
  await leave(1);
  const before = await files();
  // Less than the pipe to the container holds; a client whose input waits is found by a ping, src/api/websocket.test.ts.
  await Promise.all(Array.from({ length: 20 }, () => leave(1000)));
  while ((await files()) > before) await new Promise((resolve) => setTimeout(resolve, 50));
});

test("STR-22 attach/ws closes with 1009 on a message of more than 16 MB", async () => {
  await docker(host, "run", "-di", "--name", "box", "busybox", "sleep", "infinity");
  const client = await new Client("box", all).opened();
  client.socket.on("error", () => undefined); // the rest of it is not read any more
  client.socket.send(Buffer.alloc(17 * 1024 * 1024));
  assert.equal(await client.closed(), 1009);
});

test("STR-22 attach/ws refuses before it upgrades: no WebSocket, no such container, wrong keys", async () => {
  await docker(host, "run", "-d", "--name", "box", "busybox", "sleep", "infinity");
  assert.match(await refusal(host, "GET", "/containers/box/attach/ws?stream=1"), /^400 not websocket protocol/);
  for (const [path, status] of [
    ["none", 404],
    ["box", 400],
  ] as const) {
    const { socket } = new Client(path, `${all}&detachKeys=shift-q`);
    const [error] = (await once(socket, "error")) as [Error];
    assert.match(error.message, new RegExp(`Unexpected server response: ${status}`));
  }
});

test("STR-22 attach/ws ends with 1001 when the daemon goes, and the container lives", async () => {
  await docker(host, "run", "-d", "--name", "box", "busybox", "sleep", "infinity");
  const client = await new Client("box", all).opened();
  await host.killDaemon("SIGTERM");
  assert.equal(await client.closed(), 1001);
  await host.startDaemon();
  assert.equal(await running("box"), "true");
});
