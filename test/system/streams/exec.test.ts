import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { callApi } from "../../../lab/api.ts";
import { lacksNewDocker } from "../../../lab/docker-version.ts";
import { TerminalSession } from "../../../lab/terminal-session.ts";
import { docker, shell, streamsHost } from "./streams-host.ts";

const skip = lacksNewDocker();

const host = await streamsHost();
after(() => host[Symbol.asyncDispose]());
before(() => docker(host, "run", "-d", "--name", "box", "busybox", "sleep", "1000"));

const prompt = /[#] [^\n#]*$/;

test("STR-10 docker exec -it: size, its change, Ctrl-C, detach keys, exit code", { skip }, async () => {
  await using session = TerminalSession.docker(host, "exec", "-it", "box", "sh");
  await session.until(prompt);
  assert.match(await session.say("stty size", /\r\n\d+ \d+\r\n/), /\r\n24 80\r\n/);
  const waiting = session.text.length;
  session.type("until [ \"$(stty size)\" = '50 132' ]; do sleep 0.02; done; echo re''sized\r");
  session.resize(50, 132);
  await session.until("resized\r\n", waiting);
  const asleep = session.text.length;
  // Said by what sleeps: the shell itself, before it has made a child, loses the signal.
  session.type("sh -c 'echo fall\"\"ing asleep; exec sleep 1000'\r");
  await session.until("falling asleep\r\n", asleep);
  session.type("\x03");
  await session.until(/\^C.*# [^\n#]*$/s, asleep);
  session.type("exit 8\r");
  assert.equal(await session.code, 8);
  await using left = TerminalSession.docker(host, "exec", "-it", "--detach-keys", "ctrl-x", "box", "sh");
  await left.say("echo $$ > /pid", prompt);
  left.type("\x18");
  await left.until("read escape sequence");
  assert.equal((await shell(host, "docker exec box sh -c 'kill -0 $(cat /pid) && kill -9 $(cat /pid)'")).code, 0);
});

/** The shell command that starts an exec at a terminal and prints what comes. */
async function starting(spec: object, start: object = {}, resize?: string): Promise<string> {
  const terminal = { Tty: true, AttachStdin: true, AttachStdout: true, ...spec };
  const { body } = await callApi<{ Id: string }>(host, "POST", "/v1.51/containers/box/exec", terminal);
  if (resize) assert.equal((await callApi(host, "POST", `/exec/${body.Id}/resize?${resize}`)).status, 200);
  const data = JSON.stringify({ Tty: true, ...start });
  const curl = `curl -sN --unix-socket ${host.socket} -H 'content-type: application/json' -d '${data}'`;
  return `${curl} http://x/v1.51/exec/${body.Id}/start`;
}

test("STR-11 an exec's terminal has the size of its creation, of its start, or of a resize before", async () => {
  const size = async (create: object, start: object, resize?: string): Promise<string> =>
    (await shell(host, await starting({ Cmd: ["stty", "size"], ...create }, start, resize))).stdout;
  assert.equal(await size({ ConsoleSize: [30, 90] }, {}), "30 90\r\n");
  assert.equal(await size({ ConsoleSize: [30, 90] }, { ConsoleSize: [31, 91] }), "31 91\r\n");
  assert.equal(await size({ ConsoleSize: [30, 90] }, {}, "h=32&w=92"), "32 92\r\n");
});

test("STR-12 a terminal takes more than its program reads, and the daemon serves on", async () => {
  await using session = TerminalSession.docker(
    host,
    "exec",
    "-it",
    "box",
    "sh",
    "-c",
    "stty raw -echo; echo rea''dy; sleep 1000",
  );
  await session.until("ready");
  session.type("x".repeat(1 << 20));
  assert.equal(await docker(host, "exec", "box", "echo", "served"), "served");
});

test("STR-23 a raw terminal's line feeds arrive as such, and a cooked one's as CR LF", async () => {
  const said = async (script: string) =>
    (await shell(host, await starting({ Cmd: ["sh", "-c", script], AttachStdin: false }))).stdout;
  assert.equal(await said("stty raw; printf 'a\\nb'"), "a\nb");
  assert.equal(await said("printf 'a\\nb\\n'"), "a\r\nb\r\n");
});

test("STR-25 a container ends though the client of an exec at its terminal does not read", async () => {
  const deaf = shell(host, `${await starting({ Cmd: ["yes"], AttachStdin: false })} | sleep 2000`);
  // Its client waits within a write to one that does not read, and conmon in one to the daemon: proc_pid_wchan(5).
  const waits = (name: string, inside: string) =>
    `cat $(pgrep -x ${name} | sed 's|.*|/proc/&/wchan|') | grep -Eq '${inside}'`;
  const stuck = `${waits("curl", "pipe_write")} && ${waits("conmon", "(sock|unix)_")}`;
  assert.equal((await shell(host, `until ${stuck}; do sleep 0.02; done`)).code, 0);
  await docker(host, "kill", "box");
  assert.equal(await docker(host, "wait", "box"), "137");
  await host.run("sh", "-c", "pkill -f '^sleep 2000' || true");
  await deaf;
});
