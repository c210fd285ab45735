import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";

/** Runs the daemon in a process of its own, on the fake engine. */
const program = `
  import { testApi } from ${JSON.stringify(new URL("../api/testing/api.ts", import.meta.url).href)};
  import { runDaemon } from ${JSON.stringify(new URL("daemon.ts", import.meta.url).href)};
  const { parts } = testApi();
  const compose = async (options, log) => {
    if (process.env.BROKEN) throw new Error("nothing works");
    return { ...parts, stop: async () => log.info({ stopped: true }, "composition stopped") };
  };
  process.on("SIGUSR1", () => { throw new Error("nobody handles this"); });
  process.exit(await runDaemon(process.argv.slice(1), compose));
`;

interface Daemon extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly root: string;
  /** Resolves to the first log line with this message. */
  said(message: RegExp): Promise<Record<string, unknown>>;
  readonly exit: Promise<number | null>;
  readonly lines: readonly string[];
}

function start(options: { argv?: readonly string[]; env?: Record<string, string>; root?: string } = {}): Daemon {
  const root = options.root ?? mkdtempSync(join(tmpdir(), "fairlead-daemon-"));
  const config = join(root, "daemon.json");
  if (!existsSync(config)) writeFileSync(config, "{}");
  const argv = [
    "--input-type=module",
    "-e",
    program,
    "--",
    "--exec-root",
    root,
    "--data-root",
    root,
    "--config-file",
    config,
    ...(options.argv ?? []),
  ];
  const child = spawn(process.execPath, argv, {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const one of waiting) one();
  };
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => lines.push(line) && wake());
  const exit = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return {
    child,
    root,
    lines,
    exit,
    said(message) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const line = lines.find((one) => message.test(one));
          if (line !== undefined) resolve(JSON.parse(line));
        };
        waiting.add(look);
        look();
        void exit.then(() => reject(new Error(`ended without ${message}:\n${lines.join("\n")}`)));
      });
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exit;
      if (options.root === undefined) rmSync(root, { recursive: true, force: true });
    },
  };
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`runDaemon() listens, says so in JSON, and ends with 0 at ${signal}`, async () => {
    await using daemon = start();
    const line = await daemon.said(/"listening"/);
    assert.deepEqual([line["level"], line["host"]], ["info", `unix://${daemon.root}/fairlead.sock`]);
    await daemon.said(/"ready"/);
    assert.equal(readFileSync(`${daemon.root}/fairlead.pid`, "utf8"), `${daemon.child.pid}\n`);
    daemon.child.kill(signal);
    assert.equal(await daemon.exit, 0);
    assert.ok(daemon.lines.some((text) => text.includes("composition stopped")));
    assert.deepEqual(
      [existsSync(`${daemon.root}/fairlead.pid`), existsSync(`${daemon.root}/fairlead.sock`)],
      [false, false],
    );
  });
}

test("runDaemon() refuses a second daemon on the same pid file, and takes over from a killed one", async () => {
  await using first = start();
  await first.said(/"ready"/);
  await using second = start({ root: first.root });
  assert.equal(await second.exit, 1);
  assert.ok(second.lines.some((line) => line.includes(`process with PID ${first.child.pid} is still running`)));
  first.child.kill("SIGKILL");
  await first.exit;
  await using third = start({ root: first.root });
  await third.said(/"ready"/);
});

test("runDaemon() reads the log level again at SIGHUP, and keeps it when the file is wrong", async () => {
  await using daemon = start();
  await daemon.said(/"ready"/);
  writeFileSync(`${daemon.root}/daemon.json`, '{"debug": true}');
  daemon.child.kill("SIGHUP");
  assert.equal((await daemon.said(/configuration read again/))["logLevel"], "debug");
  writeFileSync(`${daemon.root}/daemon.json`, "{");
  daemon.child.kill("SIGHUP");
  assert.equal((await daemon.said(/could not be read again/))["level"], "error");
});

test("runDaemon() logs an error nobody handled and ends with 1", async () => {
  await using daemon = start();
  await daemon.said(/"ready"/);
  daemon.child.kill("SIGUSR1");
  assert.equal((await daemon.said(/an error nobody handled/))["level"], "fatal");
  assert.equal(await daemon.exit, 1);
});

test("runDaemon() ends with 1 and the reason when the engine cannot start, and leaves no pid file", async () => {
  await using daemon = start({ env: { BROKEN: "1" } });
  assert.equal(await daemon.exit, 1);
  assert.ok(daemon.lines.some((line) => line.includes("the daemon ends: nothing works")));
  assert.equal(existsSync(`${daemon.root}/fairlead.pid`), false);
});

test("runDaemon() warns of flags without effect", async () => {
  await using daemon = start({ argv: ["--userland-proxy=false"] });
  assert.equal((await daemon.said(/--userland-proxy has no effect/))["level"], "warn");
});

const quick: readonly [argv: string[], code: number, text: RegExp][] = [
  [["--validate"], 0, /^configuration OK$/],
  [["--help"], 0, /--default-address-pool/],
  [["--version"], 0, /^fairlead version \d/],
  [["--mtu", "x"], 125, /^fairlead daemon: Invalid --mtu/],
  [["--bogus"], 125, /unknown option '--bogus'/],
];

for (const [argv, code, text] of quick) {
  test(`runDaemon() with ${argv.join(" ")} ends with ${code}`, async () => {
    await using daemon = start({ argv });
    assert.equal(await daemon.exit, code);
    assert.ok(
      daemon.lines.some((line) => text.test(line)),
      daemon.lines.join("\n"),
    );
  });
}
