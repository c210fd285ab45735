import { type ChildProcess, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { globSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { ending } from "../../lab/process.ts";

/** Where labs and temporary files are. */
const folders = ["/run", "/dev/shm"];

/**
 * Gives a test file folders of its own where labs could leave something, in a mount namespace of its own only. Returns
 * where its labs are. That is another path for each, since control groups are named by it and shared by all.
 */
export function privateFolders(): string {
  execFileSync("mount", ["--make-rshared", "/"]); // as systemd makes it: mounts would spread, were they not kept from it
  for (const folder of folders) execFileSync("mount", ["-t", "tmpfs", "-o", "mode=1777", "none", folder]);
  process.env["TMPDIR"] = "/run/tmp";
  mkdirSync("/run/tmp");
  const root = `/run/lab-${randomBytes(4).toString("hex")}`;
  process.env["FAIRLEAD_LAB_ROOT"] = root;
  return root;
}

/** Everything that labs could leave on the machine they are made on: equal before and after. */
export function tracesOf(): Record<string, unknown> {
  const processes = globSync("/proc/[0-9]*").filter((path) => isAlive(path) && !path.endsWith(`/${process.pid}`));
  const kinds = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];
  const namespaces = processes.flatMap((path) => kinds.map((kind) => link(`${path}/ns/${kind}`)));
  return {
    processes: processes.map((path) => `${path} ${text(`${path}/comm`)}`).sort(),
    namespaces: [...new Set(namespaces)].sort(),
    mounts: text("/proc/self/mountinfo").split("\n").sort(),
    files: folders.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" })).sort(),
    links: execFileSync("ip", ["-j", "link"], { encoding: "utf8" }),
    rules: execFileSync("nft", ["list", "ruleset"], { encoding: "utf8" }),
  };
}

/** Not one that has ended and waits to be reaped. */
const isAlive = (path: string): boolean =>
  !/^\d+ \(.*\) [ZX]/s.test(text(`${path}/stat`)) && text(`${path}/stat`) !== "";

/** Of a file that may be gone by now. */
function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** The traces, once they are as wanted: what ends with its parent does so a moment later, and nobody says when. */
export async function settledTraces(wanted: Record<string, unknown>): Promise<Record<string, unknown>> {
  for (const until = Date.now() + 10_000; ; await setTimeout(10)) {
    const found = tracesOf();
    if (isDeepStrictEqual(found, wanted) || Date.now() > until) return found;
  }
}

/** How long a command that waits for a signal may live, in milliseconds. */
const patience = 60_000;

/**
 * Sends a signal at the first line on standard error that matches (at once without a pattern), and waits for the end.
 * Fails with what was said when the end does not come.
 */
export async function endAt(child: ChildProcess, pattern: RegExp | undefined, signal: NodeJS.Signals) {
  let stderr = "";
  const late = AbortSignal.timeout(patience);
  late.addEventListener("abort", () => child.kill("SIGKILL"));
  const end = ending(child);
  if (!pattern) child.kill(signal);
  if (child.stderr)
    createInterface(child.stderr).on("line", (line) => {
      stderr += `${line}\n`;
      if (pattern?.test(line)) child.kill(signal);
    });
  const [code, by] = await end;
  if (late.aborted) throw new Error(`${child.spawnargs.join(" ")}: not ended after ${patience} ms:\n${stderr}`);
  return { code, signal: by, stderr };
}
