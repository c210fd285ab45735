import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Where everything of the runtime lies. The data root outlives a reboot, the exec root does not; what a container
 * leaves in either is found again by a new daemon, so nothing is kept in memory only.
 */
export class Layout {
  readonly dataRoot: string;
  readonly execRoot: string;
  /** Name of the control group that all containers of this daemon are in; daemons differ by their exec root. */
  readonly cgroupParent: string;

  constructor(dataRoot: string, execRoot: string) {
    this.dataRoot = dataRoot;
    this.execRoot = execRoot;
    this.cgroupParent = `fairlead-${createHash("sha256").update(execRoot).digest("hex").slice(0, 8)}`;
  }

  get images(): string {
    return join(this.dataRoot, "images");
  }
  /** One file a container that has ended, named by its id, written by conmon. */
  get exits(): string {
    return join(this.execRoot, "exits");
  }
  /** Volumes: <name>/_data. */
  get volumes(): string {
    return join(this.dataRoot, "volumes");
  }
  /** Where subpaths of volumes are mounted: <container id>/<number>. Apart from the runs, which are removed recursively. */
  get subpaths(): string {
    return join(this.execRoot, "subpaths");
  }
  /** An empty directory, where processes of their own mount namespace put together what they look at. */
  get view(): string {
    return join(this.execRoot, "view");
  }
  /** runc's own records (`runc --root`). */
  get runc(): string {
    return join(this.execRoot, "runc");
  }
  /** Boot in which the records of the exec root were made. */
  get bootId(): string {
    return join(this.execRoot, "boot-id");
  }

  /** Files of one container. */
  of(id: string): ContainerLayout {
    return new ContainerLayout(this, id);
  }

  /** Ids of all containers that have anything in either root. */
  ids(): string[] {
    const directories = [join(this.dataRoot, "containers"), join(this.execRoot, "containers"), this.runc];
    return [...new Set(directories.flatMap((directory) => namesIn(directory)))];
  }
}

export class ContainerLayout {
  /** Below the data root: kept until remove(). */
  readonly data: string;
  /** Below the exec root: of one run. */
  readonly run: string;
  readonly exitFile: string;
  /** runc's directory of this container; there from `runc create` to `runc delete`. */
  readonly runcState: string;

  constructor(layout: Layout, id: string) {
    this.data = join(layout.dataRoot, "containers", id);
    this.run = join(layout.execRoot, "containers", id);
    this.exitFile = join(layout.exits, id);
    this.runcState = join(layout.runc, id);
  }

  /** What the container wrote, lines as conmon's k8s-file driver puts them. */
  get log(): string {
    return join(this.data, "log");
  }
  get upper(): string {
    return join(this.data, "upper");
  }
  get work(): string {
    return join(this.data, "work");
  }
  /** conmon's own folder: its first record of the exit code. Not on the disk: when that is full it would write no second. */
  get persist(): string {
    return join(this.run, "monitor");
  }
  get bundle(): string {
    return join(this.run, "bundle");
  }
  /** How large the log may grow, JSON; absent: as large as it likes. */
  get logLimits(): string {
    return join(this.run, "log-limits.json");
  }
  /** What the container's standard input is: "pipe:[INODE]" or "terminal"; absent without one. */
  get input(): string {
    return join(this.run, "input");
  }
  /** conmon's sockets in the bundle: packets to and from the container's streams; lines of control. */
  get attachSocket(): string {
    return join(this.bundle, "attach");
  }
  get control(): string {
    return join(this.bundle, "ctl");
  }
  get merged(): string {
    return join(this.run, "merged");
  }
  /** /dev/shm of one whose IPC namespace others may join. */
  get shm(): string {
    return join(this.run, "shm");
  }
  get monitorPidFile(): string {
    return join(this.run, "conmon.pid");
  }
  get initPidFile(): string {
    return join(this.run, "init.pid");
  }
  /** runc's errors of this run, JSON lines. */
  get runcLog(): string {
    return join(this.run, "runc.log");
  }
  get execs(): string {
    return join(this.run, "exec");
  }
  /** There while the init process waits for `runc start`. */
  get startGate(): string {
    return join(this.runcState, "exec.fifo");
  }
}

/** Entries of a directory, none when it is not there; hidden ones are unfinished work. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => !name.startsWith("."));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
}
