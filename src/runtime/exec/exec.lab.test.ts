import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { EngineError } from "../../base/errors.ts";
import type { ExecSession, ExecSpec } from "../../contracts/runtime.ts";
import { RuntimeLab } from "../testing/lab.ts";
import { requirePidNamespace } from "../testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

const spec: ExecSpec = {
  args: ["true"],
  env: [],
  workingDir: "",
  user: "",
  tty: false,
  attachStdin: false,
  privileged: false,
};

const bytesOf = async (stream: NodeJS.ReadableStream): Promise<Buffer> =>
  Buffer.concat((await Array.fromAsync(stream)) as Buffer[]);

async function resultOf(session: ExecSession) {
  const [stdout, stderr, exitCode] = await Promise.all([
    bytesOf(session.stdout),
    bytesOf(session.stderr),
    session.exited,
  ]);
  return { stdout: stdout.toString(), stderr: stderr.toString(), exitCode };
}

async function sleeping(lab: RuntimeLab): Promise<string> {
  return lab.start({ args: ["sleep", "1000"], env: ["A=1", "B=1"], workingDir: "/usr", hostname: "box" });
}

test("runtime.exec() passes streams and exit code", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const session = await lab.runtime.exec(id, {
    ...spec,
    args: ["sh", "-c", "cat; echo err >&2; exit 42"],
    attachStdin: true,
  });
  assert.ok(session.pid > 0);
  session.stdin.end("typed\n");
  assert.deepEqual(await resultOf(session), { stdout: "typed\n", stderr: "err\n", exitCode: 42 });
});

test("runtime.exec() passes every byte of a megabyte both ways", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const session = await lab.runtime.exec(id, { ...spec, args: ["cat"], attachStdin: true });
  const sent = Buffer.alloc(1 << 20, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
  session.stdin.end(sent);
  assert.ok((await bytesOf(session.stdout)).equals(sent));
});

test("runtime.exec() has the container's environment, directory and user unless told otherwise", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const args = ["sh", "-c", 'echo "$A $B $HOSTNAME $HOME $(pwd) $(id -un)"; grep CapEff /proc/self/status | cut -f2'];
  const own = await resultOf(await lab.runtime.exec(id, { ...spec, args }));
  assert.deepEqual(own, { stdout: "1 1 box /root /usr root\n00000000a80425fb\n", stderr: "", exitCode: 0 });
  const told = { ...spec, args, env: ["B=2"], workingDir: "/var", user: "daemon" };
  const other = await resultOf(await lab.runtime.exec(id, told));
  assert.deepEqual(other, { stdout: "1 2 box /usr/sbin /var daemon\n0000000000000000\n", stderr: "", exitCode: 0 });
});

const failures = [
  { options: { args: ["no-such-program"] }, exitCode: 127, says: /exec: "no-such-program": executable file not found/ },
  { options: { args: ["/etc/passwd"] }, exitCode: 126, says: /permission denied/ },
  { options: { workingDir: "/nodir" }, exitCode: 126, says: /chdir to cwd \("\/nodir"\).*no such file or directory/ },
];

for (const tty of [false, true]) {
  const where = tty ? "on a terminal" : "on pipes";
  for (const { options, exitCode, says } of failures) {
    test(`runtime.exec() with ${JSON.stringify(options)} fails with ${exitCode}, ${where}`, async () => {
      await using lab = new RuntimeLab();
      const id = await sleeping(lab);
      await assert.rejects(lab.runtime.exec(id, { ...spec, ...options, tty }), (error: EngineError<"EXEC_FAILED">) => {
        assert.deepEqual([error.code, error.data.exitCode], ["EXEC_FAILED", exitCode]);
        assert.match(error.data.why, /^exec failed: unable to start container process: /);
        assert.match(error.data.why, says);
        return true;
      });
    });
  }
  test(`runtime.exec() of a program that ends with 255, runc's own code, ${where}`, async () => {
    await using lab = new RuntimeLab();
    const args = ["sh", "-c", "exit 255"];
    const result = await resultOf(await lab.runtime.exec(await sleeping(lab), { ...spec, args, tty }));
    assert.deepEqual(result, { stdout: "", stderr: "", exitCode: 255 });
  });
}

test("runtime.exec() gives a terminal that can be typed on and resized", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const script =
    'trap "stty size; exit 6" WINCH; tty >/dev/null && echo $TERM; read line; echo "<$line>"; while :; do sleep 0.05; done';
  const session = await lab.runtime.exec(id, { ...spec, args: ["sh", "-c", script], tty: true, attachStdin: true });
  let heard = "";
  session.stdout.on("data", (chunk: Buffer) => {
    heard += chunk.toString();
    if (heard.endsWith("xterm\r\n")) session.stdin.write("hello\r");
    if (heard.endsWith("<hello>\r\n")) session.resize(33, 99);
  });
  const [exitCode] = await Promise.all([session.exited, once(session.stdout, "end")]);
  assert.equal(exitCode, 6);
  assert.equal(heard, "xterm\r\nhello\r\n<hello>\r\n33 99\r\n");
  session.resize(1, 1);
});

test("runtime.exec() refuses a container that does not run", async () => {
  await using lab = new RuntimeLab();
  const plan = lab.plan({});
  const { id } = plan.container;
  await assert.rejects(lab.runtime.exec(id, spec), { code: "CONTAINER_NOT_RUNNING" });
  await lab.runtime.create(plan);
  await assert.rejects(lab.runtime.exec(id, spec), { code: "CONTAINER_NOT_RUNNING" });
});
