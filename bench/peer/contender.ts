import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { Dockerd, lacksDockerd } from "../../lab/dockerd.ts";
import { Host } from "../../lab/host.ts";
import { rootArchive } from "../../lab/images/docker-archive.ts";
import { startWarmDaemon } from "../warm-daemon.ts";
import { EngineApi } from "./engine-api.ts";

export const names = ["fairlead", "dockerd"] as const;
export type Name = (typeof names)[number];

/** The image that everything runs on: busybox alone, the same bytes for both. */
export const image = "bench:latest";

/** An engine in a throw-away host of its own, its data in memory, with the image, driven through its API. */
export class Contender implements AsyncDisposable {
  readonly name: Name;
  readonly api: EngineApi;
  readonly #host: Host;

  private constructor(name: Name, host: Host) {
    this.name = name;
    this.#host = host;
    this.api = new EngineApi(host.pathOf(host.socket));
  }

  static async start(name: Name): Promise<Contender> {
    const host = await Host.create(name);
    if (name === "dockerd") await Dockerd.start(host);
    else await startWarmDaemon(host);
    const contender = new Contender(name, host);
    await contender.api.ask("POST", "/images/create?fromSrc=-&repo=bench&tag=latest", rootArchive());
    return contender;
  }

  /**
   * Memory of the daemon and all its helpers in MB: the proportional share (PSS) of each process of the host. Those of
   * containers have process namespaces of their own and do not count.
   */
  memory(): number {
    const own = readlinkSync(`/proc/${this.#host.pid}/ns/pid`);
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && namespaceOf(name) === own);
    return pids.reduce((sum, pid) => sum + pssOf(pid), 0) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api[Symbol.dispose]();
    await this.#host[Symbol.asyncDispose]();
  }
}

/** Those that can run here; a bench without Docker's own engine still measures ours, and says so. */
export function present(): readonly Name[] {
  const lacking = lacksDockerd();
  if (lacking !== false) console.error(`bench: without a peer to compare with: ${lacking}`);
  return lacking === false ? names : ["fairlead"];
}

const namespaceOf = (pid: string): string => unlessGone(() => readlinkSync(`/proc/${pid}/ns/pid`)) ?? "";

/** In KB; see proc_pid_smaps(5). */
function pssOf(pid: string): number {
  const rollup = unlessGone(() => readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? "";
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
}

/** Processes come and go while they are listed, and the machine's first one may be nobody's to look at. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
