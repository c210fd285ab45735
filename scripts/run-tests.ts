import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
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
  // Unit tests share one runner; a file that gets a host gets it alone.
  const batches = host ? found.map((file) => [file]) : [found];
  const take = async (): Promise<void> => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) add(totals, await runFiles(kind, batch));
  };
  await Promise.all([take(), take()]); // two at once: what the tests wait for is mostly the kernel
  if (totals.passed + totals.failed + totals.skipped === 0) {
    console.log(`✖ no ${kind} test ran`);
    totals.failed += 1;
  }
  const { passed, failed, skipped } = totals;
  console.log(`${kind}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  mkdirSync(".cache", { recursive: true });
  appendFileSync(".cache/test-summary", `${kind} ${passed} ${failed} ${skipped}\n`);
  return failed === 0;
}

async function runFiles(kind: Kind, files: readonly string[]): Promise<TestTotals> {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const { host, timeoutMs } = kinds[kind];
  const folder = mkdtempSync(join(tmpdir(), "fairlead-test-"));
  using _folder = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
  const totalsPath = join(folder, "totals.json");
  const node = [
    process.execPath,
    "--test",
    "--test-concurrency=2",
    `--test-timeout=${timeoutMs / 2}`,
    `--test-reporter=${root}/scripts/test-reporter.ts`,
  ];
  const [command = "", ...args] = [...(host ? inThrowAwayHost : []), ...node, ...files];
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a process group of its own, to be ended as one
    env: environment(totalsPath),
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => output.push(bytes));
  const began = performance.now();
  const ending = await ended(child, timeoutMs);
  const totals = totalsOf(totalsPath, ending);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (host) console.log(`${totals.failed ? "✖" : "✔"} ${files[0]} (${totals.passed} passed, ${seconds} s)`);
  if (totals.failed + totals.skipped > 0) process.stdout.write(Buffer.concat(output));
  if (ending !== "ended") console.log(`✖ ${files.length > 1 ? `${kind} tests` : files[0]}: ${ending}`);
  return totals;
}

/** Waits for the end of the process, or ends it with everything it started: then says so. */
async function ended(child: ChildProcess, timeoutMs: number): Promise<string> {
  let verdict = "ended";
  const timer = setTimeout(() => {
    verdict = `not done after ${timeoutMs / 1000} s, stopped`;
    if (child.pid) process.kill(-child.pid, "SIGKILL");
  }, timeoutMs);
  // "close" would wait for pipes that an escaped daemon holds open.
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  clearTimeout(timer);
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (verdict === "ended" && code !== 0 && code !== 1) return `ended by ${signal ?? `exit code ${code}`}`;
  return verdict;
}

function totalsOf(path: string, ending: string): TestTotals {
  try {
    const totals = JSON.parse(readFileSync(path, "utf8")) as TestTotals;
    return ending === "ended" ? totals : { ...totals, failed: totals.failed + 1 };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }; // it ended before its report
  }
}

/** Our node first, the docker client that setup.sh unpacked last; nothing of an outer node:test run. */
function environment(totalsPath: string): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
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
