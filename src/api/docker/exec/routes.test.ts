import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { EngineError } from "../../../base/errors.ts";
import type { ExecSession } from "../../../contracts/runtime.ts";
import { frame } from "../../frames.ts";
import { type TestApi, testApi } from "../../testing/api.ts";
import { plainConfig } from "../../testing/plain.ts";
import { echoSession } from "../../testing/sessions.ts";
import { listen, post, upgrade } from "../../testing/socket.ts";

async function prepared(api: TestApi, body: object = {}): Promise<string> {
  await api.engine.containers.create({ name: "c1", config: plainConfig, endpoints: [] });
  await api.engine.containers.start("c1");
  const { status, body: answer } = await api.ask("POST", "/containers/c1/exec", {
    Cmd: ["sh"],
    ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true },
    ...body,
  });
  assert.equal(status, 201);
  return answer.Id;
}

const bodyOf = (answer: Buffer): Buffer => answer.subarray(answer.indexOf("\r\n\r\n") + 4);

for (const headers of [upgrade, []]) {
  const how = headers.length > 0 ? "with an upgrade (101)" : "without one (200)";
  test(`exec start ${how} carries input, its half-close, frames and the exit code`, async () => {
    await using api = testApi();
    await using served = await listen(api);
    const id = await prepared(api);
    api.engine.session = () => echoSession();
    const { socket, until, ended } = served.dial();
    socket.write(post(`/v1.51/exec/${id}/start`, { Detach: false, Tty: false }, headers));
    const head = await until("\r\n\r\n");
    assert.match(
      head,
      headers.length > 0
        ? /^HTTP\/1\.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n/
        : /^HTTP\/1\.1 200 OK\r\n/,
    );
    assert.match(head, /\r\nContent-Type: application\/vnd\.docker\.multiplexed-stream\r\n/);
    // Input that looks like a request must arrive as it is.
    socket.write("GET / HTTP/1.1\r\n\r\n");
    await until("GET /");
    socket.end();
    assert.deepEqual(
      bodyOf(await ended),
      Buffer.concat([frame("stdout", Buffer.from("GET / HTTP/1.1\r\n\r\n")), frame("stderr", Buffer.from("done"))]),
    );
    assert.equal((await api.ask("GET", `/exec/${id}/json`)).body.ExitCode, 7);
  });
}

test("exec start with a terminal is raw, and sets its size first", async () => {
  await using api = testApi();
  await using served = await listen(api);
  const id = await prepared(api, { Tty: true });
  api.engine.session = () => echoSession();
  const { socket, until, ended } = served.dial();
  socket.write(post(`/exec/${id}/start`, { Tty: true, ConsoleSize: [24, 80] }, upgrade));
  assert.match(await until("\r\n\r\n"), /application\/vnd\.docker\.raw-stream/);
  socket.end("hello");
  assert.equal(bodyOf(await ended).toString(), "hello");
  assert.deepEqual(api.engine.calls.at(-1), ["containers.execStart", id, { size: { rows: 24, columns: 80 } }]);
});

for (const [what, made, started, wanted] of [
  ["frames a terminal's output for a client that asks for none", true, false, frame("stdout", Buffer.from("hello"))],
  ["sends a client that asks for a terminal the first output, as it is", false, true, Buffer.from("hello")],
] as const) {
  test(`STR-27 exec start ${what}`, async () => {
    await using api = testApi();
    await using served = await listen(api);
    const id = await prepared(api, { Tty: made });
    api.engine.session = () => echoSession();
    const { socket, until, ended } = served.dial();
    socket.write(post(`/v1.51/exec/${id}/start`, { Tty: started }, upgrade));
    assert.match(await until("\r\n\r\n"), started ? /docker\.raw-stream/ : /docker\.multiplexed-stream/);
    socket.end("hello");
    assert.deepEqual(bodyOf(await ended), wanted);
  });
}

test("exec start lets a client go that types its detach keys; the process goes on", async () => {
  await using api = testApi();
  await using served = await listen(api);
  const id = await prepared(api, { Tty: true, DetachKeys: "ctrl-x,q" });
  const session = echoSession();
  api.engine.session = () => session;
  const { socket, until, ended } = served.dial();
  socket.write(post(`/exec/${id}/start`, { Tty: true }, upgrade));
  await until("\r\n\r\n");
  socket.write("a\x18b\x18");
  await until("a\x18b");
  socket.write("q");
  assert.equal(bodyOf(await ended).toString(), "a\x18b");
  assert.deepEqual(api.engine.calls.at(-1), ["containers.execDetached", id]);
});

test("exec start keeps Docker's old name of the stream below 1.42", async () => {
  await using api = testApi();
  await using served = await listen(api);
  const id = await prepared(api);
  api.engine.session = () => echoSession();
  const { socket, until } = served.dial();
  socket.write(post(`/v1.41/exec/${id}/start`, {}, upgrade));
  assert.match(await until("\r\n\r\n"), /application\/vnd\.docker\.raw-stream/);
  socket.end();
});

test("exec start goes on draining when the client leaves, and closes the input", async () => {
  await using api = testApi();
  await using served = await listen(api);
  const id = await prepared(api);
  const session = echoSession();
  api.engine.session = () => session;
  const { socket, until } = served.dial();
  socket.write(post(`/exec/${id}/start`, {}, upgrade));
  await until("\r\n\r\n");
  socket.destroy();
  assert.equal(await session.exited, 7);
  assert.equal((await api.ask("GET", "/_ping")).status, 200);
});

test("exec start pauses a process whose client does not read", async () => {
  await using api = testApi();
  await using served = await listen(api);
  const id = await prepared(api);
  const flood = new PassThrough();
  api.engine.session = () => ({ ...echoSession(), stdout: flood });
  const { socket, until } = served.dial();
  socket.write(post(`/exec/${id}/start`, {}, upgrade));
  await until("\r\n\r\n");
  socket.pause();
  const paused = once(flood, "pause");
  const chunk = Buffer.alloc(65_536);
  for (let sent = 0; sent < 64 && flood.write(chunk); sent++);
  const pump = () => flood.write(chunk) && setImmediate(pump);
  flood.on("drain", pump);
  await paused;
  flood.removeAllListeners("drain");
  socket.destroy();
});

test("exec start ends its connections when the server closes", async () => {
  await using api = testApi();
  await using served = await listen(api);
  const id = await prepared(api);
  api.engine.session = () => echoSession();
  const { socket, until, ended } = served.dial();
  socket.write(post(`/exec/${id}/start`, {}, upgrade));
  await until("\r\n\r\n");
  await api.app.close();
  await ended;
});

const failing = () => {
  throw new EngineError("EXEC_FAILED", {
    why: 'exec failed: exec: "sh": executable file not found in $PATH',
    exitCode: 127,
  });
};
const failure = 'OCI runtime exec failed: exec failed: exec: "sh": executable file not found in $PATH: unknown';

for (const tty of [false, true]) {
  test(`exec start tells ${tty ? "a terminal" : "in a frame"} why the process did not start`, async () => {
    await using api = testApi();
    await using served = await listen(api);
    const id = await prepared(api, { Tty: tty });
    api.engine.session = failing;
    const { socket, until, ended } = served.dial();
    socket.write(post(`/exec/${id}/start`, { Tty: tty }, upgrade));
    assert.match(await until("\r\n\r\n"), /^HTTP\/1\.1 101/);
    const line = Buffer.from(`${failure}\r\n`);
    assert.deepEqual(bodyOf(await ended), tty ? line : frame("stdout", line));
    socket.end();
  });
}

test("exec start detached refuses what does not start with a status", async () => {
  await using api = testApi();
  const id = await prepared(api);
  api.engine.session = failing;
  const { status, body } = await api.ask("POST", `/exec/${id}/start`, { Detach: true });
  assert.deepEqual([status, body.message], [400, failure]);
});

test("exec start answers a second start with 409 before it takes the connection", async () => {
  await using api = testApi();
  const id = await prepared(api);
  api.engine.session = () => echoSession();
  await api.ask("POST", `/exec/${id}/start`, { Detach: true });
  assert.equal((await api.ask("POST", `/exec/${id}/start`, {})).status, 409);
});

test("exec start sends the head before the process starts, and keeps what is typed meanwhile", async () => {
  await using api = testApi();
  await using served = await listen(api);
  const id = await prepared(api);
  const starting = Promise.withResolvers<ExecSession>();
  api.engine.session = () => starting.promise;
  const { socket, until, ended } = served.dial();
  socket.write(post(`/exec/${id}/start`, {}, upgrade));
  await until("\r\n\r\n");
  socket.end("early");
  starting.resolve(echoSession());
  assert.deepEqual(
    bodyOf(await ended),
    Buffer.concat([frame("stdout", Buffer.from("early")), frame("stderr", Buffer.from("done"))]),
  );
});

for (const [flags, expected] of [
  [{ AttachStderr: false }, [frame("stdout", Buffer.from("typed"))]],
  [{ AttachStdout: false }, [frame("stderr", Buffer.from("done"))]],
  [{ AttachStdout: false, AttachStderr: false }, []],
] as const) {
  test(`exec start with ${JSON.stringify(flags)} sends the other output alone`, async () => {
    await using api = testApi();
    await using served = await listen(api);
    const id = await prepared(api, flags);
    api.engine.session = () => echoSession();
    const { socket, until, ended } = served.dial();
    socket.write(post(`/exec/${id}/start`, {}, upgrade));
    await until("\r\n\r\n");
    socket.end("typed");
    assert.deepEqual(bodyOf(await ended), Buffer.concat(expected));
    assert.equal((await api.ask("GET", `/exec/${id}/json`)).body.ExitCode, 7);
  });
}

test("exec start detached answers 200, and a second start 409", async () => {
  await using api = testApi();
  const id = await prepared(api);
  api.engine.session = () => echoSession();
  const first = await api.ask("POST", `/exec/${id}/start`, { Detach: true });
  const second = await api.ask("POST", `/exec/${id}/start`, { Detach: true });
  assert.deepEqual([first.status, first.text, second.status], [200, "", 409]);
});

test("exec create refuses no command and a container that does not run", async () => {
  await using api = testApi();
  await api.engine.containers.create({ name: "c1", config: plainConfig, endpoints: [] });
  const empty = await api.ask("POST", "/containers/c1/exec", { Cmd: [] });
  const stopped = await api.ask("POST", "/containers/c1/exec", { Cmd: ["sh"] });
  const unknown = await api.ask("POST", "/containers/x/exec", { Cmd: ["sh"] });
  assert.deepEqual(
    [empty.status, empty.body.message, stopped.status, unknown.status],
    [400, "Invalid Cmd: No exec command specified", 409, 404],
  );
});

test("GET /exec/{id}/json shows Docker's shape, resize reaches the engine", async () => {
  await using api = testApi();
  const id = await prepared(api, { Cmd: ["ls", "-l"], User: "1", Privileged: true });
  const { body } = await api.ask("GET", `/exec/${id}/json`);
  assert.deepEqual(body, {
    ID: id,
    Running: false,
    ExitCode: null,
    ProcessConfig: { tty: false, entrypoint: "ls", arguments: ["-l"], privileged: true, user: "1" },
    ...{ OpenStdin: true, OpenStderr: true, OpenStdout: true, CanRemove: false, DetachKeys: "", Pid: 0 },
    ContainerID: api.engine.box("c1").id,
  });
  assert.deepEqual(
    [(await api.ask("POST", `/exec/${id}/resize?h=24&w=80`)).status, api.engine.calls.at(-1)],
    [200, ["containers.execResize", id, 24, 80]],
  );
  assert.equal((await api.ask("POST", `/exec/${id}/resize?h=24`)).status, 400);
  assert.equal((await api.ask("GET", "/exec/nope/json")).status, 404);
});
