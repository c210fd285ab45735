import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "../../base/ids.ts";
import { silentLog } from "../../base/log.ts";
import type { Exit, LogEntry, LogQuery, RunPlan } from "../../contracts/runtime.ts";
import { launcher } from "../../kernel/launcher/launcher.ts";
import { layerFiles } from "../../kernel/mounts/layer-files.ts";
import { mounts } from "../../kernel/mounts/mounts.ts";
import { streams } from "../../kernel/streams/streams.ts";
import type { ContainerConfig } from "../../model/container.ts";
import { Layout, namesIn } from "../layout.ts";
import { type OpenRuntime, openRuntime } from "../runtime.ts";
import { containerOf } from "./plan.ts";

const archiveWorker = join(import.meta.dirname, "../../main/archive-worker.ts");

/** A runtime on two throw-away roots. */
export class RuntimeLab implements AsyncDisposable {
  readonly directory: string;
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly socket: string;
  runtime: OpenRuntime;

  constructor(parent = tmpdir()) {
    this.directory = mkdtempSync(join(parent, "fairlead-runtime-"));
    this.dataRoot = join(this.directory, "data");
    this.execRoot = join(this.directory, "exec");
    this.socket = join(this.directory, "fairlead.sock");
    this.runtime = this.open();
  }

  open(): OpenRuntime {
    const { dataRoot, execRoot, socket } = this;
    const kernel = { mounts, layerFiles, streams, launcher };
    return openRuntime({ dataRoot, execRoot, ...kernel, archiveWorker, log: silentLog, secrets: [socket] });
  }

  /** A plan for a container with these settings, with files for /etc. */
  plan(config: Partial<ContainerConfig>): RunPlan {
    const id = newId();
    const files = join(this.directory, "files", id);
    mkdirSync(files, { recursive: true });
    const names = { resolvConf: "resolv.conf", hosts: "hosts", hostname: "hostname" };
    const paths = Object.entries(names).map(([key, name]) => [key, join(files, name)] as const);
    for (const [key, path] of paths) writeFileSync(path, `${key} of the test\n`);
    return { container: containerOf(id, config), files: Object.fromEntries(paths) as RunPlan["files"] };
  }

  /** Creates and starts a container and waits for its end. */
  async run(config: Partial<ContainerConfig>): Promise<{ id: string; exit: Exit; output: string }> {
    const plan = this.plan(config);
    const { id } = plan.container;
    const exit = this.exitOf(id);
    await this.runtime.create(plan);
    await this.runtime.start(id);
    return { id, exit: await exit, output: await this.output(id) };
  }

  /** Creates and starts a container that goes on. */
  async start(config: Partial<ContainerConfig>): Promise<string> {
    const plan = this.plan(config);
    await this.runtime.create(plan);
    await this.runtime.start(plan.container.id);
    return plan.container.id;
  }

  /** The next end of a container. */
  exitOf(id: string): Promise<Exit> {
    const { promise, resolve } = Promise.withResolvers<Exit>();
    const watch = this.runtime.watch(async (exit) => {
      if (exit.containerId !== id) return;
      watch[Symbol.dispose]();
      resolve(exit);
    });
    return promise;
  }

  async entries(id: string, query: Partial<LogQuery> = {}): Promise<LogEntry[]> {
    const batches = await Array.fromAsync(
      this.runtime.logs(id, { follow: false, stdout: true, stderr: true, ...query }),
    );
    return batches.flat();
  }

  async output(id: string, query: Partial<LogQuery> = {}): Promise<string> {
    return (await this.entries(id, query)).map(({ bytes }) => Buffer.from(bytes).toString()).join("");
  }

  /** What containers of this lab left on the machine. */
  traces(): Record<"mounts" | "cgroups" | "processes" | "ids" | "runs" | "exits", string[]> {
    const layout = new Layout(this.dataRoot, this.execRoot);
    const cgroups = "/sys/fs/cgroup";
    return {
      mounts: linesOf(readFileSync("/proc/self/mountinfo", "utf8")).filter((line) => line.includes(this.directory)),
      cgroups: readdirSync(cgroups).filter((name) => existsSync(join(cgroups, name, layout.cgroupParent))),
      processes: linesOf(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })).filter((line) =>
        line.includes(this.directory),
      ),
      ids: this.runtime.leftovers(),
      runs: namesIn(join(this.execRoot, "containers")),
      exits: readdirSync(layout.exits),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.runtime.leftovers()) await this.runtime.remove(id);
    this.runtime[Symbol.dispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const linesOf = (text: string): string[] => text.split("\n");
