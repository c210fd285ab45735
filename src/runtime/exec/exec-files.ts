import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type ContainerLayout, namesIn } from "../layout.ts";

/** Files of one exec: a directory in its container's run, removed when it is over, and with the run at the latest. */
export class ExecFiles {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes the directory of a new exec. */
  static create(container: ContainerLayout): ExecFiles {
    mkdirSync(container.execs, { recursive: true });
    return new ExecFiles(mkdtempSync(join(container.execs, "exec-")));
  }

  /** Those there are, whether or not they are over. */
  static of(container: ContainerLayout): ExecFiles[] {
    return namesIn(container.execs).map((name) => new ExecFiles(join(container.execs, name)));
  }

  /** What is to be run, for `runc exec --process`. */
  get process(): string {
    return join(this.directory, "process.json");
  }
  /** runc's errors, JSON lines. */
  get runcLog(): string {
    return join(this.directory, "log");
  }
  get pidFile(): string {
    return join(this.directory, "pid");
  }
  /** Of an exec at a terminal only, as the next two. */
  get monitorPidFile(): string {
    return join(this.directory, "conmon.pid");
  }
  get attachSocket(): string {
    return join(this.directory, "attach");
  }
  get control(): string {
    return join(this.directory, "ctl");
  }
}
