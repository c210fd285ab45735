import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { testApi } from "../api/testing/api.ts";
import { post } from "../api/testing/socket.ts";
import { silentLog } from "../base/log.ts";
import { groupId } from "./listeners.ts";
import { serve } from "./server.ts";

interface Place extends AsyncDisposable {
  readonly path: string;
  readonly parts: Parameters<typeof serve>[0];
  readonly engine: ReturnType<typeof testApi>["engine"];
  serve(...hosts: string[]): Promise<void>;
}

/** A directory for sockets, and a server that ends with the test. */
function place(): Place {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-server-"));
  const api = testApi();
  const { engine } = api;
  const parts = { ...api.parts, log: silentLog };
  const running: { close(): Promise<void> }[] = [];
  return {
    path: join(directory, "api.sock"),
    parts,
    engine,
    async serve(...hosts) {
      running.push(await serve(parts, { hosts, group: "no-such-group" }));
    },
    async [Symbol.asyncDispose]() {
      for (const server of running) await server.close();
      await api.app.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function get(
  options: { socketPath: string } | { port: number },
  path: string,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ ...options, host: "127.0.0.1", path, agent: false }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.on("error", reject);
    call.end();
  });
}

/** Writes bytes and collects what comes back until the connection ends. */
function talk(path: string, text: string, end: "half" | "destroy" | "wait"): Promise<string> {
  return new Promise((resolve) => {
    let got = "";
    const socket = connect({ path, allowHalfOpen: true });
    socket.on("data", (chunk) => {
      got += chunk;
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(got));
    socket.write(text, () => {
      if (end === "half") socket.end();
      if (end === "destroy") socket.destroy();
    });
  });
}

test("serve() makes a socket that only owner and group may open", async () => {
  await using here = place();
  await here.serve(`unix://${here.path}`);
  const { status } = await get({ socketPath: here.path }, "/v1.51/_ping");
  assert.deepEqual([status, statSync(here.path).mode & 0o777], [200, 0o660]);
});

test("serve() replaces a socket whose daemon was killed, and leaves one that answers alone", async () => {
  await using here = place();
  // A socket file that nobody listens on: what a killed process leaves.
  const script = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  assert.equal(spawnSync(process.execPath, ["-e", script, here.path]).signal, "SIGKILL");
  await here.serve(`unix://${here.path}`);
  await assert.rejects(here.serve(`unix://${here.path}`), /another daemon answers there/);
  assert.equal((await get({ socketPath: here.path }, "/_ping")).status, 200);
});

test("serve() refuses a path that holds something else", async () => {
  await using here = place();
  writeFileSync(here.path, "precious");
  await assert.rejects(here.serve(`unix://${here.path}`), /something that is no socket is there/);
  assert.equal(statSync(here.path).size, 8);
});

test("serve() opens all hosts or none", async () => {
  await using here = place();
  const blocker = createServer();
  const port = await new Promise<number>((resolve) =>
    blocker.listen(0, "127.0.0.1", () => resolve((blocker.address() as { port: number }).port)),
  );
  await assert.rejects(here.serve(`unix://${here.path}`, `tcp://127.0.0.1:${port}`), /EADDRINUSE/);
  await assert.rejects(get({ socketPath: here.path }, "/_ping"), /ENOENT|ECONNREFUSED/);
  blocker.close();
  await here.serve(`unix://${here.path}`, `tcp://127.0.0.1:${port}`);
  assert.equal((await get({ port }, "/_ping")).status, 200);
});

test("serve() refuses fd:// when systemd has passed nothing", async () => {
  await using here = place();
  await assert.rejects(here.serve("fd://"), /systemd has passed no such socket/);
});

test("serve() answers 400 in Docker's shape to what is no HTTP", async () => {
  await using here = place();
  await here.serve(`unix://${here.path}`);
  assert.match(
    await talk(here.path, "hello\r\n\r\n", "wait"),
    /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*\{"message":"malformed request: /,
  );
});

test("serve() survives truncated bodies and clients that hang up, and nothing reaches the engine", async () => {
  await using here = place();
  await here.serve(`unix://${here.path}`);
  const whole = post("/networks/create", { Name: "half" });
  for (const end of ["half", "destroy"] as const) {
    for (const length of [10, whole.length - 5]) await talk(here.path, whole.slice(0, length), end);
  }
  assert.equal((await get({ socketPath: here.path }, "/_ping")).status, 200);
  assert.deepEqual(here.engine.calls, []);
});

test("RunningServer.close() ends streams, lets a call finish, and takes the socket away", async () => {
  await using here = place();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: work, resolve: finish } = Promise.withResolvers<void>();
  here.engine.networks.remove = () => {
    begin();
    return work;
  };
  const server = await serve(here.parts, { hosts: [`unix://${here.path}`], group: "no-such-group" });
  const stream = get({ socketPath: here.path }, "/events");
  const call = talk(here.path, "DELETE /networks/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "wait");
  await begun;
  const closed = server.close();
  assert.equal((await stream).status, 200);
  finish();
  await closed;
  assert.match(await call, /^HTTP\/1\.1 204 /);
  await assert.rejects(get({ socketPath: here.path }, "/_ping"), /ENOENT/);
});

test("groupId() finds a group, and nothing for a name there is not", () => {
  assert.deepEqual([groupId("root"), groupId("no-such-group")], [0, undefined]);
});
