import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nowPath, type TestTotals } from "./test-reporter.ts";

/** The kinds of tests: which files, whether each gets a throw-away host, and how long a file may take. */
const kinds = {
  unit: {
    files: ["src/**/*.test.ts", "test/presubmit/*.test.ts"],
    not: /[.](lab|vm)[.]test[.]ts$/,
    host: false,
    timeoutMs: 60_000,
  },
  lab: { files: ["{src,lab,test}/**/*.lab.test.ts"], not: /^$/, host: true, timeoutMs: 180_000 },
  system: {
    files: ["test/{system,conformance}/**/*.test.ts", "examples/**/*.test.ts"],
    not: /[.](lab|vm)[.]test[.]ts$/,
    host: true,
    timeoutMs: 400_000,
  },
  // What the machine's kernel may lack, a virtual machine for each file. x.vm.lab.test.ts is a lab test too, x.vm.system.test.ts
  // a system test too. x.uml.vm.test.ts starts daemons on hosts of its own, for which QEMU's emulation is too slow;
  // x.qemu.vm.test.ts takes a distribution's own kernel.
  vm: { files: ["{src,lab,test}/**/*.vm{,.lab,.system}.test.ts"], not: /^$/, host: true, timeoutMs: 300_000 },
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
  const machine = kind === "vm" ? virtualMachine(process.env["FAIRLEAD_VM"]) : "";
  if (machine === undefined) {
    console.log(
      `- SKIPPED all ${found.length} files of vm tests: neither User-Mode Linux nor QEMU can be had, see above`,
    );
    totals.skipped += found.splice(0).length;
  }
  if (machine === "qemu")
    totals.skipped += skip(found, ".uml.vm.", "its daemons need User-Mode Linux, QEMU takes minutes to start each");
  if (machine === "uml" && found.some(takesQemu) && virtualMachine("qemu") === undefined)
    totals.skipped += skip(found, ".qemu.vm.", "it needs QEMU with Debian's own kernel, see above");
  const take = async (worker: number): Promise<void> => {
    for (let file = found.shift(); file; file = found.shift())
      add(
        totals,
        await runFile(kind, file, machine ? { machine: takesQemu(file) ? "qemu" : machine, worker } : undefined),
      );
  };
  await Promise.all([take(0), take(1)]); // two at once: what the tests wait for is mostly the kernel
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

function takesQemu(file: string): boolean {
  return file.includes(".qemu.vm.");
}

/** Takes out the files of that kind, and says so. How many. */
function skip(found: string[], mark: string, why: string): number {
  const skipped = found.filter((file) => file.includes(mark));
  for (const file of skipped) {
    found.splice(found.indexOf(file), 1);
    console.log(`- SKIPPED ${file}: ${why}`);
  }
  return skipped.length;
}

/** One process a file: a file that hangs or crashes takes only itself down, and is named. */
async function runFile(kind: Kind, file: string, inside?: Inside): Promise<TestTotals> {
  const { host, timeoutMs } = kinds[kind];
  const folder = mkdtempSync(join(tmpdir(), "fairlead-test-"));
  using _folder = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
  const totalsPath = join(folder, "totals.json");
  const node = [process.execPath, `--test-reporter=${root}/scripts/test-reporter.ts`, file];
  const env = environment(totalsPath);
  const around = inside ? inVirtualMachine(inside, folder, env, timeoutMs) : [];
  const [command = "", ...args] = [...around, ...(host ? inThrowAwayHost : []), ...node];
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a process group of its own, to be ended as one
    env,
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => output.push(bytes));
  const began = performance.now();
  const problem = await ended(child, timeoutMs, () => whatHangs(nowPath(totalsPath), child.pid ?? 0));
  const totals = totalsOf(totalsPath, problem);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (host || totals.failed > 0)
    console.log(`${totals.failed ? "✖" : "✔"} ${file} (${totals.passed} passed, ${seconds} s)`);
  const said = Buffer.concat(output);
  if (totals.failed + totals.skipped > 0) process.stdout.write(said);
  if (totals.failed > 0) {
    const verdict = `  ${file}: ${problem || "no test ran"}\n`;
    process.stdout.write(verdict);
    // What test.sh says again at its end: whoever keeps only the end of its output needs it there.
    const failures = process.env["FAIRLEAD_TEST_FAILURES"];
    if (failures) appendFileSync(failures, failuresIn(String(said)) + verdict);
  }
  return totals;
}

/** Titles of the tests that failed, each with the beginning of its reason. */
function failuresIn(output: string): string {
  const blocks = output.split(/^(?=✖ |- SKIPPED )/m).filter((block) => block.startsWith("✖"));
  return blocks.map((block) => `${block.trimEnd().split("\n").slice(0, 8).join("\n")}\n`).join("");
}

/** Which virtual machine a file runs in, and which of the runs at the same time it is. */
interface Inside {
  readonly machine: string;
  readonly worker: number;
}

/** The back end of test/vm/run.sh, prepared: the one asked for (uml or qemu), or the first; undefined when it cannot be had. */
function virtualMachine(asked: string | undefined): string | undefined {
  const { status, stdout } = spawnSync("test/vm/run.sh", ["-p", ...(asked ? ["-b", asked] : [])], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status === 69) return undefined;
  if (status !== 0) fail(`test/vm/run.sh -p ended with ${status}, see above`);
  console.log(`in ${stdout.trim() === "uml" ? "User-Mode Linux" : "QEMU"}`);
  return stdout.trim();
}

/** The command around a test's that runs it in a virtual machine of its own, which may write the totals and nothing else. */
function inVirtualMachine({ machine, worker }: Inside, folder: string, env: NodeJS.ProcessEnv, timeoutMs: number) {
  const seconds = timeoutMs / 1000 - 20; // before ours, so that it can clean up
  const variables = ["PATH", "FAIRLEAD_TEST_TOTALS"].flatMap((name) => ["-e", `${name}=${env[name]}`]);
  return ["test/vm/run.sh", "-b", machine, "-t", `${seconds}`, "-n", `${worker}`, "-w", folder, ...variables, "--"];
}

/** The test that was under way, and the processes it was waiting for: nothing else tells once they have been ended. */
function whatHangs(path: string, pid: number): string {
  const title = existsSync(path) ? readFileSync(path, "utf8") : "the first test";
  const { stdout } = spawnSync("ps", ["-eo", "pid=,ppid=,stat=,etimes=,args=", "--cols", "160"], { encoding: "utf8" });
  const processes = (stdout ?? "").split("\n").map((line) => ({ line, ids: line.trim().split(/\s+/, 2).map(Number) }));
  const childrenOf = (one: number): number[] =>
    processes.flatMap(({ ids: [child = 0, parent] }) => (parent === one ? [child, ...childrenOf(child)] : []));
  const family = new Set([pid, ...childrenOf(pid)]);
  const lines = processes.flatMap(({ line, ids: [child = 0] }) => (family.has(child) ? [line] : []));
  return `during "${title}", with these processes:\n${lines.join("\n")}`;
}

/** Waits for the end of the process, or ends it with everything it started. Returns what went wrong with it, or "". */
async function ended(child: ChildProcess, timeoutMs: number, describe: () => string): Promise<string> {
  let late = "";
  const timer = setTimeout(() => {
    late = `not done after ${timeoutMs / 1000} s, stopped`;
    try {
      late += ` ${describe()}`;
    } finally {
      if (child.pid) process.kill(-child.pid, "SIGKILL");
    }
  }, timeoutMs);
  // Not "close": that waits for pipes which an escaped daemon holds open.
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  clearTimeout(timer);
  await new Promise((resolve) => setImmediate(resolve)); // what the pipes still hold
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (late) return late;
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
  const {
    NODE_TEST_CONTEXT: _context,
    FAIRLEAD_TEST_SUMMARY: _summary,
    FAIRLEAD_TEST_FAILURES: _failures,
    ...rest
  } = process.env;
  const path = [`${root}/node_modules/.bin`, process.env["PATH"], `${root}/.cache/docker.io/usr/bin`].join(":");
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
