import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { main } from "./main.ts";
import { FakeDaemon, type Recorded } from "./testing/fake-daemon.ts";
import { webId } from "./testing/fixtures.ts";
import { testTerminal } from "./testing/test-terminal.ts";

let daemon: FakeDaemon;
before(async () => {
  daemon = await FakeDaemon.start();
});
after(() => daemon[Symbol.asyncDispose]());

async function run(line: string, options: Parameters<typeof testTerminal>[0] = {}) {
  const out = testTerminal(options);
  const exitCode = await main(["-H", daemon.host, ...line.split(" ").filter(Boolean)], out);
  return { exitCode, ...out.written, requests: daemon.take() };
}

/** A field of the first request's body. */
const field = ([first]: readonly Recorded[], name: string): unknown =>
  (first?.body as Readonly<Record<string, unknown>> | undefined)?.[name];

test("main() runs a root that is no image, with all words as the command", async () => {
  const { requests, exitCode } = await run("run -d --rootfs host --network back sleep 60 -x");
  assert.deepEqual(requests[0]?.body, {
    Fairlead: { Rootfs: "host" },
    Cmd: ["sleep", "60", "-x"],
    AttachStdout: false,
    AttachStderr: false,
    HostConfig: { NetworkMode: "back" },
  });
  assert.equal(exitCode, 0);
});

test("main() sends docker's flags that are not carried out, for the daemon to warn of or to refuse", async () => {
  const flags =
    "--restart on-failure:3 -m 512m --memory-swap -1 --cpus 1.5 --init --ulimit nofile=10:20 --shm-size 1.5g";
  const { requests, exitCode } = await run(`create ${flags} --pid host --log-driver none --health-cmd true img`);
  assert.deepEqual(field(requests, "HostConfig"), {
    NetworkMode: "default",
    RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
    Memory: 536_870_912,
    MemorySwap: -1,
    NanoCpus: 1_500_000_000,
    ShmSize: 1_610_612_736,
    Init: true,
    Ulimits: [{ Name: "nofile", Soft: 10, Hard: 20 }],
    LogConfig: { Type: "none" },
    PidMode: "host",
  });
  assert.deepEqual(field(requests, "Healthcheck"), { Test: ["CMD-SHELL", "true"] });
  assert.equal(exitCode, 0);
});

test("main() refuses values of docker's flags that mean nothing", async () => {
  for (const flags of ["--restart maybe", "-m much", "--cpus many", "--ulimit nofile"]) {
    const { exitCode, stderr, requests } = await run(`run ${flags} img`);
    assert.deepEqual([exitCode, requests], [125, []], flags);
    assert.match(stderr, /^invalid argument ".*" for ".*" flag: it (must be|is no) /);
  }
});

test("main() writes the id to --cidfile, and creates nothing when the file is there already", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-cidfile-"));
  try {
    const file = join(directory, "id");
    const first = await run(`create --cidfile ${file} img`);
    assert.equal(readFileSync(file, "utf8"), first.stdout.trim());
    const second = await run(`run -d --cidfile ${file} img`);
    assert.deepEqual([second.exitCode, second.requests], [125, []]);
    assert.match(second.stderr, /^cannot write the container id, so nothing was created: EEXIST/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("main() leaves escapes in an action of --format to its strings", async () => {
  const { stdout } = await run(String.raw`inspect -f {{.Id}}\t{{"\n"}}x web`);
  assert.equal(stdout, `${webId}\t\nx\n`);
});

test("main() makes a --rootfs directory absolute", async () => {
  const { requests } = await run("create --rootfs some/dir true");
  assert.deepEqual(field(requests, "Fairlead"), { Rootfs: `${process.cwd()}/some/dir` });
});

test("main() attaches and waits before it starts, and ends with the container's exit code", async () => {
  const { exitCode, stdout, stderr, requests } = await run("run --rm img");
  assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 7, stdout: "out\n", stderr: "err\n" });
  assert.deepEqual(
    requests.map(({ path, query }) => [path.split("/").at(-1), query["condition"]]),
    [
      ["create", undefined],
      ["attach", undefined],
      ["wait", "removed"],
      ["start", undefined],
    ],
  );
});

test("main() gives docker's exit codes for a run that fails", async () => {
  const codes = await Promise.all([run("run"), run("run --nonsense img"), run("run -p x img"), run("start missing")]);
  assert.deepEqual(
    codes.map(({ exitCode }) => exitCode),
    [1, 125, 125, 1],
  );
});

test("main() refuses run -it without a terminal", async () => {
  const { exitCode, stderr, requests } = await run("run -it img");
  assert.deepEqual(
    { exitCode, stderr, requests },
    { exitCode: 1, stderr: "the input device is not a TTY\n", requests: [] },
  );
});

test("main() creates with an input what is run with -i, and attaches to it", async () => {
  const { exitCode, requests } = await run("run -i img", { input: "hello\n" });
  assert.equal(exitCode, 7);
  assert.deepEqual([field(requests, "OpenStdin"), field(requests, "StdinOnce")], [true, true]);
});

test("main() passes exec's input on, its end too, and takes its exit code", async () => {
  const { exitCode, stdout, stderr, requests } = await run("exec -i web cat", { input: "hello\n" });
  assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 5, stdout: "HELLO\n", stderr: "done\n" });
  assert.equal(field(requests, "AttachStdin"), true);
});

test("main() refuses exec -it without a terminal", async () => {
  const { exitCode, stderr } = await run("exec -it web sh");
  assert.deepEqual({ exitCode, stderr }, { exitCode: 1, stderr: "the input device is not a TTY\n" });
});

test("main() publishes ports of a running container, ranges as first free one or pairwise", async () => {
  const { requests, stdout } = await run("port add web 127.0.0.1:5353:53/udp 8000-8010:80 9000-9001:90-91");
  const port = (protocol: string, containerPort: number, hostIp: string, hostPort: number, hostPortEnd = hostPort) => ({
    ...{ protocol, containerPort, hostIp, hostPort, hostPortEnd },
  });
  assert.deepEqual(requests[0]?.body, {
    ports: [
      port("udp", 53, "127.0.0.1", 5353),
      port("tcp", 80, "", 8000, 8010),
      port("tcp", 90, "", 9000),
      port("tcp", 91, "", 9001),
    ],
  });
  assert.equal(stdout, "80/tcp -> 0.0.0.0:8080\n");
});

test("main() withdraws ports of a running container", async () => {
  const { requests } = await run("port rm web 8443:443 53/udp");
  assert.deepEqual(requests[0], {
    method: "DELETE",
    path: "/fairlead/containers/web/ports",
    query: {},
    body: {
      ports: [
        { protocol: "tcp", containerPort: 443, hostPort: 8443 },
        { protocol: "udp", containerPort: 53 },
      ],
    },
  });
});

test("main() repairs, and only looks with --dry-run, which fails when something differs", async () => {
  const [dry, real] = [await run("repair --dry-run"), await run("repair")];
  assert.deepEqual([dry.exitCode, real.exitCode], [1, 0]);
  assert.match(
    dry.stdout,
    /missing +bridge br-0123 +network\/0123 +bridge of back-end\n1 difference found, nothing was changed\n/,
  );
  assert.match(real.stdout, /1 difference repaired\n/);
});

test("main() sends an archive to be imported", async () => {
  const { requests, stdout } = await run("image import - registry:5000/a/b:c", { input: "archive" });
  assert.deepEqual(requests[0], {
    method: "POST",
    path: "/images/create",
    query: { fromSrc: "-", repo: "registry:5000/a/b", tag: "c" },
    body: "archive",
  });
  assert.match(stdout, /^sha256:e+\n$/);
});

test("main() says in a line why an archive cannot be read, and asks for nothing", async () => {
  const missing = await run("image import /no/such.tar box");
  const directory = await run("image import / box");
  assert.match(missing.stderr, /^cannot read the archive: ENOENT: .*'\/no\/such\.tar'\n$/);
  assert.match(directory.stderr, /^cannot read the archive: \/ is a directory; make a tar of it/);
  assert.deepEqual([missing.exitCode, directory.exitCode, missing.requests, directory.requests], [1, 1, [], []]);
});

test("main() removes everything of ours on system reset", async () => {
  const { requests, stdout, exitCode } = await run("system reset --force");
  assert.equal(exitCode, 0);
  assert.equal(requests.at(-1)?.path, "/fairlead/reset");
  assert.deepEqual(
    requests
      .filter(({ method }) => method === "DELETE")
      .map(({ path }) => path.split("/").slice(1, 3).join("/").slice(0, 16)),
    [
      `containers/${webId.slice(0, 5)}`,
      "containers/f2f2f",
      "networks/bridge",
      "networks/back-en",
      "images/debian:12",
      "images/base:late",
    ],
  );
  assert.match(stdout, /^Removed container web\nRemoved container db\n/);
});

for (const [answer, exitCode] of [
  ["y\n", 0],
  ["n\n", 1],
  ["", 1],
] as const) {
  test(`main() asks before it prunes, and takes "${answer.trim()}" for ${exitCode === 0 ? "yes" : "no"}`, async () => {
    const { requests, ...result } = await run("network prune", { input: answer });
    assert.deepEqual([result.exitCode, requests.length], [exitCode, exitCode === 0 ? 1 : 0]);
  });
}

test("main() fits a table to the terminal, and a pipe gets all of it", async () => {
  const [narrow, piped] = [await run("ps -a", { columns: 100 }), await run("ps -a")];
  assert.deepEqual(
    narrow.stdout.split("\n").filter((line) => line.length > 100),
    [],
  );
  assert.match(narrow.stdout, /…/);
  assert.match(piped.stdout, /\[::\]:8080->80\/tcp/);
});

test("main() shows help of everything, of a group and of a verb", async () => {
  const helps = await Promise.all(
    ["", "--help", "network", "network --help", "help run", "run --help", "ps --help"].map((line) => run(line)),
  );
  assert.deepEqual(
    helps.map(({ exitCode, stderr }) => [exitCode, stderr]),
    helps.map(() => [0, ""]),
  );
  assert.deepEqual(
    helps.map(({ stdout }) => stdout.split("\n")[0]),
    [
      ...["[OPTIONS] COMMAND", "[OPTIONS] COMMAND", "network COMMAND", "network COMMAND"].map(
        (usage) => `Usage:  fairlead ${usage}`,
      ),
      ...["run", "run"].map((name) => `Usage:  fairlead ${name} [OPTIONS] IMAGE [COMMAND] [ARG...]`),
      "Usage:  fairlead ps [OPTIONS]",
    ],
  );
});

test("main() says what to do instead of docker's commands that are not offered", async () => {
  const [pull, volume] = [await run("pull alpine"), await run("volume ls")];
  assert.match((await run("constructor")).stderr, /^unknown command: fairlead constructor\n\nRun/);
  assert.match(pull.stderr, /^unknown command: fairlead pull\n\(use Docker's own program: docker -H unix:\S+ pull\)/);
  assert.match(volume.stderr, /^unknown command: fairlead volume\n\(use Docker's own program: .* volume\)/);
  assert.deepEqual([pull.exitCode, volume.exitCode], [1, 1]);
});

test("main() says what a mistyped command may have meant", async () => {
  const [verb, inGroup, unlike] = [await run("netwrok ls"), await run("network conect"), await run("zzzz")];
  assert.deepEqual([verb.exitCode, inGroup.exitCode, unlike.exitCode], [1, 1, 1]);
  assert.match(verb.stderr, /unknown command: fairlead netwrok\n\(Did you mean network\?\)/);
  assert.match(inGroup.stderr, /unknown command: fairlead network conect\n\(Did you mean (one of )?connect/);
  assert.doesNotMatch(unlike.stderr, /Did you mean/);
});

test("main() says that no daemon answers, with 125 from run and 1 from the others", async () => {
  const out = testTerminal({ env: { FAIRLEAD_HOST: "unix:///nonexistent/daemon.sock" } });
  const codes = [await main(["ps"], out), await main(["run", "img"], out)];
  assert.deepEqual(codes, [1, 125]);
  const line =
    "Cannot connect to the Fairlead daemon at unix:///nonexistent/daemon.sock. Is it running? Start it with: fairlead daemon\n";
  assert.equal(out.written.stderr, line + line);
});

test("main() refuses a host it cannot read", async () => {
  const out = testTerminal();
  assert.equal(await main(["--host=http://x", "ps"], out), 1);
  assert.match(out.written.stderr, /invalid host "http:\/\/x": it must be unix:\/\/PATH or tcp:\/\/HOST:PORT/);
});

test("main() prints its version", async () => {
  assert.match((await run("--version")).stdout, /^fairlead version \d+\.\d+\.\d+\n$/);
});

for (const shell of ["bash", "zsh", "fish"]) {
  test(`main() prints the completion script of ${shell}`, async () => {
    const { stdout, exitCode } = await run(`completion ${shell}`);
    assert.equal(exitCode, 0);
    assert.match(stdout, /__complete/);
  });
}

test("main() completes for a shell, and offers nothing when no daemon answers", async () => {
  assert.equal((await run("__complete network rm back")).stdout, "back-end\tbridge\n");
  const out = testTerminal({ env: { FAIRLEAD_HOST: "unix:///nonexistent/daemon.sock" } });
  await main(["__complete", "network", "rm", ""], out);
  assert.equal(out.written.stdout, "");
});
