import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestTotals } from "./test-reporter.ts";

/** The kinds of tests: which files, whether each gets a throw-away host, and how long a file may take. */
const kinds = {
  unit: {
    files: ["src/**/*.test.ts", "test/presubmit/*.test.ts"],
    not: /[.]lab[.]test[.]ts$/,
    host: false,
    timeoutMs: 60_000,
  },
  lab: { files: ["{src,lab,test}/**/*.lab.test.ts"], not: /^$/, host: true, timeoutMs: 180_000 },
  system: {
    files: ["test/{system,conformance}/**/*.test.ts", "examples/**/*.test.ts"],
    not: /[.]lab[.]test[.]ts$/,
    host: true,
    timeoutMs: 400_000,
  },
} as const;

/**
 * A network, mount and process namespace of its own for a test file: nothing it does can reach the machine's network,
 * and when its first process ends the kernel ends all others.
 */
const inThrowAwayHost = [
  ...["unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"],
  ...[
    "tini",
    "--",
    "sh",
    "-c",
    'ip link set lo up && mkdir -p /run/netns && mount -t tmpfs none /run/netns && exec "$@"',
    "sh",
  ],
];

type Kind = keyof typeof kinds;

const root = join(import.meta.dirname, "..");
process.chdir(root);
const [kind = "", filter = ""] = process.argv.slice(2);
if (!Object.hasOwn(kinds, kind)) fail(`usage: run-tests.ts ${Object.keys(kinds).join("|")} [part of a file name]`);
process.exitCode = (await runKind(kind as Kind, filter)) ? 0 : 1;

async function runKind(kind: Kind, filter: string): Promise<boolean> {
  const { files, not, host } = kinds[kind];
  if (host && process.getuid?.() !== 0)
    fail(`the ${kind} tests need root, for network namespaces: run them as root or with sudo`);
  const found = globSync(files)
    .filter((file) => !not.test(file) && file.includes(filter))
    .sort();
  const totals: TestTotals = { passed: 0, failed: 0, skipped: 0 };
  const take = async (): Promise<void> => {
    for (let file = found.shift(); file; file = found.shift()) add(totals, await runFile(kind, file));
  };
  await Promise.all([take(), take()]); // two at once: what the tests wait for is mostly the kernel
  if (totals.passed + totals.failed + totals.skipped === 0) {
    console.log(`✖ no ${kind} test ran`);
    totals.failed += 1;
  }
  const { passed, failed, skipped } = totals;
  console.log(`${kind}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  // Where test.sh collects the totals.
  const summary = process.env["FAIRLEAD_TEST_SUMMARY"];
  if (summary) appendFileSync(summary, `${kind} ${passed} ${failed} ${skipped}\n`);
  return failed === 0;
}

/** One process a file: a file that hangs or crashes takes only itself down, and is named. */
async function runFile(kind: Kind, file: string): Promise<TestTotals> {
  const { host, timeoutMs } = kinds[kind];
  const folder = mkdtempSync(join(tmpdir(), "fairlead-test-"));
  using _folder = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
  const totalsPath = join(folder, "totals.json");
  const node = [process.execPath, `--test-reporter=${root}/scripts/test-reporter.ts`, file];
  const [command = "", ...args] = [...(host ? inThrowAwayHost : []), ...node];
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a process group of its own, to be ended as one
    env: environment(totalsPath),
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => output.push(bytes));
  const began = performance.now();
  const problem = await ended(child, timeoutMs);
  const totals = totalsOf(totalsPath, problem);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (host || totals.failed > 0)
    console.log(`${totals.failed ? "✖" : "✔"} ${file} (${totals.passed} passed, ${seconds} s)`);
  if (totals.failed + totals.skipped > 0) process.stdout.write(Buffer.concat(output));
  if (totals.failed > 0) console.log(`  ${file}: ${problem || "no test ran"}`);
  return totals;
}

/** Waits for the end of the process, or ends it with everything it started. Returns what went wrong with it, or "". */
async function ended(child: ChildProcess, timeoutMs: number): Promise<string> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    if (child.pid) process.kill(-child.pid, "SIGKILL");
  }, timeoutMs);
  // Not "close": that waits for pipes which an escaped daemon holds open.
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  clearTimeout(timer);
  await new Promise((resolve) => setImmediate(resolve)); // what the pipes still hold
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (late) return `not done after ${timeoutMs / 1000} s, stopped`;
  return code === 0 ? "" : `ended by ${signal ?? `exit code ${code}`}`;
}

function totalsOf(path: string, problem: string): TestTotals {
  const none: TestTotals = { passed: 0, failed: 0, skipped: 0 };
  const totals = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as TestTotals) : none;
  const empty = totals.passed + totals.failed + totals.skipped === 0;
  const unexplained = problem !== "" && totals.failed === 0;
  return empty || unexplained ? { ...totals, failed: totals.failed + 1 } : totals;
}

/** Our node first, the docker client that setup.sh unpacked last; nothing of an outer node:test run. */
function environment(totalsPath: string): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _context, FAIRLEAD_TEST_SUMMARY: _summary, ...rest } = process.env;
  const path = [`${root}/node_modules/.bin`, process.env["PATH"], `${root}/.cache/docker/usr/bin`].join(":");
  return { ...rest, PATH: path, FAIRLEAD_TEST_TOTALS: totalsPath };
}

function add(sum: TestTotals, part: TestTotals): void {
  sum.passed += part.passed;
  sum.failed += part.failed;
  sum.skipped += part.skipped;
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
