import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../../lab/api.ts";
import { checkout } from "../../../lab/process.ts";
import { TerminalSession } from "../../../lab/terminal-session.ts";
import { docker, streamsHost } from "./streams-host.ts";

const host = await streamsHost();
after(() => host[Symbol.asyncDispose]());
afterEach(() => clear(host));

const open = (...args: string[]) => TerminalSession.docker(host, ...args);
const stateOf = (name: string) => docker(host, "inspect", "-f", "{{.State.Status}}", name);
/** Of busybox, whose line editor writes control sequences behind it. */
const prompt = /[#] [^\n#]*$/;

/** What the docker CLI says and returns when its user leaves with the keys, but for run. */
async function left(session: TerminalSession): Promise<void> {
  await session.until("read escape sequence");
  assert.equal(await session.code, 1);
}

test("STR-1 docker run -it is a shell at a terminal: echo, size, keys, exit code", async () => {
  await using session = open("run", "-it", "--rm", "busybox", "sh");
  await session.until(prompt);
  assert.match(await session.say("stty size", /\r\n\d+ \d+\r\n/), /\r\n24 80\r\n/);
  const waiting = session.text.length;
  session.type("until [ \"$(stty size)\" = '40 120' ]; do sleep 0.02; done; echo re''sized\r");
  session.resize(40, 120);
  await session.until("resized\r\n", waiting);
  const asleep = session.text.length;
  // Said by what sleeps: the shell itself, before it has made a child, loses the signal.
  session.type("sh -c 'echo fall\"\"ing asleep; exec sleep 1000'\r");
  await session.until("falling asleep\r\n", asleep);
  session.type("\x03"); // Ctrl-C ends what runs in the foreground, not the shell
  await session.until(/\^C.*# [^\n#]*$/s, asleep);
  await session.say("tty", "/dev/pts/0\r\n");
  session.type("exit 7\r");
  assert.equal(await session.code, 7);
});

test("STR-2 Ctrl-P Ctrl-Q leaves a container that goes on, and docker attach comes back", async () => {
  await using first = open("run", "-it", "--name", "shell", "busybox", "sh");
  await first.until(prompt);
  await first.say("x=kept", prompt);
  first.type("\x10\x11");
  assert.equal(await first.code, 0);
  assert.equal(await stateOf("shell"), "running");
  await using second = open("attach", "shell");
  await second.say("echo $x", "kept\r\n");
  second.type("\x10\x11");
  await left(second);
  await using third = open("attach", "--detach-keys", "ctrl-x,y", "shell");
  await third.say("echo again $x", "again kept\r\n");
  third.type("\x18y");
  await left(third);
  await using fourth = open("attach", "shell");
  fourth.type("exit 4\r");
  assert.equal(await fourth.code, 4);
});

test("STR-21 fairlead run -it is a shell at a terminal too, and Ctrl-P Ctrl-Q leaves it", async () => {
  const cli = [`${checkout}/fairlead`, "--host", `unix://${host.socket}`];
  await using first = TerminalSession.start(host, ...cli, "run", "-it", "--name", "own", "busybox", "sh");
  await first.until(prompt);
  assert.match(await first.say("stty size", /\r\n\d+ \d+\r\n/), /\r\n24 80\r\n/);
  const waiting = first.text.length;
  first.type("until [ \"$(stty size)\" = '40 120' ]; do sleep 0.02; done; echo re''sized\r");
  first.resize(40, 120);
  await first.until("resized\r\n", waiting);
  first.type("\x10\x11");
  assert.equal(await first.code, 0);
  assert.equal(await stateOf("own"), "running");
  await docker(host, "kill", "own");
  await using second = TerminalSession.start(host, ...cli, "start", "-ai", "own");
  await second.until(prompt);
  second.type("exit 6\r");
  assert.equal(await second.code, 6);
  const piped = await host.exec([...cli, "run", "-i", "--rm", "busybox", "sh", "-c", "cat; exit 4"], { input: "hi\n" });
  assert.deepEqual([piped.code, piped.stdout], [4, "hi\n"]);
});
