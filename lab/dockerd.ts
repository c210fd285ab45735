import type { ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { Layout } from "../src/runtime/layout.ts";
import { LineLog } from "./line-log.ts";
import type { Machine } from "./machine.ts";
import { checkout, lineOf } from "./process.ts";

const unpacked = join(checkout, ".cache");
/** Debian's docker.io and containerd, as setup.sh unpacks them, before the machine's own. */
const searchPath = [
  ...["docker.io/usr/sbin", "docker.io/usr/bin", "containerd/usr/bin"].map((folder) => join(unpacked, folder)),
  ...(process.env["PATH"] ?? "").split(delimiter),
  "/usr/sbin",
];
const programs = [
  "dockerd",
  "containerd",
  "containerd-shim-runc-v2",
  "runc",
  "docker-proxy",
  "tini-static",
  "iptables",
];

const find = (program: string): string | undefined =>
  searchPath.map((folder) => join(folder, program)).find((path) => isExecutable(path));

/** Why Docker's own engine cannot run here; false when it can. */
export function lacksDockerd(): string | false {
  const missing = programs.filter((program) => find(program) === undefined);
  return missing.length > 0 && `needs Docker's own engine, which lacks ${missing.join(", ")}: sh scripts/setup.sh test`;
}

/**
 * Its daemon writes to /etc/docker, /run/docker and /run/containerd, and iptables locks /run/xtables.lock: the host gets
 * an /etc and a /run of its own. mount(8) -n: there is no /run/mount to keep notes in.
 */
const prepare = `
  set -e
  mkdir "$1/etc" "$1/etc.work" "$1/run.own"
  mount -t overlay -o lowerdir=/etc,upperdir="$1/etc",workdir="$1/etc.work" none /etc
  mount -t tmpfs none "$1/run.own"
  mkdir "$1/run.own/netns"
  mount -n --move /run/netns "$1/run.own/netns"
  mount -n --move "$1/run.own" /run`;

/** Debian's dockerd in a throw-away host, in the place of our daemon: `host.docker()` and `callApi(host)` speak to it. */
export class Dockerd {
  readonly #process: ChildProcess;
  readonly #log: LineLog;

  private constructor(process: ChildProcess) {
    this.#process = process;
    this.#log = new LineLog(process);
  }

  /**
   * Starts it and waits until it serves. Once in a host, which ends it and all its containers; its pid file is that of
   * the host's daemon, its images and containers are on the host's tmpfs.
   */
  static async start(host: Machine, ...flags: string[]): Promise<Dockerd> {
    await host.run("sh", "-c", prepare, "sh", host.folder);
    const dockerd = new Dockerd(host.spawn([...command(host), ...flags], { PATH: searchPath.join(delimiter) }));
    await lineOf(dockerd.#process, /msg="API listen on/, "dockerd");
    return dockerd;
  }

  /** Its log, line by line, for the message of a failed test. */
  get log(): readonly string[] {
    return this.#log.lines;
  }
}

/** Its cgroups are below those of the host's containers, so the host's end removes them. */
function command({ folder, socket, roots }: Machine): string[] {
  const { cgroupParent } = new Layout(roots.dataRoot, roots.execRoot);
  return [
    ...["dockerd", "--host", `unix://${socket}`, "--pidfile", `${folder}/pid`],
    ...["--data-root", `${folder}/data/docker`, "--exec-root", "/run/docker", "--storage-driver", "overlay2"],
    ...["--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", `/${cgroupParent}`],
    ...["--userland-proxy-path", find("docker-proxy") ?? "", "--init-path", find("tini-static") ?? ""],
  ];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
