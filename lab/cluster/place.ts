import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exec } from "../process.ts";

/** Where labs are kept unless told otherwise; gone with the machine's run. */
export const defaultRoot = "/run/fairlead-lab";
export const defaultName = "lab";

/** Names of labs are folders, and their paths end up in those of Unix sockets, which are short. */
const wellFormed = /^[a-z0-9][a-z0-9-]{0,23}$/;

/** flock(1): somebody else has it. */
const conflict = 75;

/** What later commands must know of a lab. Process ids are those of the namespace it was made from. */
export interface LabRecord {
  readonly pidNamespace: string;
  /** The process that holds the lock, and whose only child is the first process of the lab. */
  readonly holder: number;
  readonly plan: LabPlan;
  /** Made, with a process in it; empty while the lab is being made. */
  readonly machines: Readonly<Record<string, number>>;
}

export interface LabPlan {
  readonly hosts: number;
  readonly store: string;
  readonly members: number;
  /** The daemons share the store. */
  readonly cluster: boolean;
  /** Flags for every daemon, besides the lab's own. */
  readonly daemonFlags: readonly string[];
}

/** The folder of one lab: a lock that its first processes hold, and the record. */
export class Place {
  readonly root: string;
  readonly name: string;
  readonly folder: string;

  /** Throws for a name that cannot be one. */
  constructor(name: string = defaultName, root: string = defaultRoot) {
    if (!wellFormed.test(name))
      throw new Error(`Cannot name a lab "${name}": it takes up to 24 lower-case letters, digits and dashes`);
    this.root = root;
    this.name = name;
    this.folder = join(root, name);
  }

  get lock(): string {
    return join(this.folder, "lock");
  }

  /** How to name this lab on the command line; empty for the default one. */
  get flag(): string {
    return this.name === defaultName ? "" : ` --name ${this.name}`;
  }

  get exists(): boolean {
    return existsSync(this.folder);
  }

  /** Makes the folder; false when it is there already. */
  claim(): boolean {
    return mkdirSync(this.folder, { recursive: true, mode: 0o755 }) !== undefined;
  }

  /** The command line that runs `argv` with the lock held by it and what it starts; `conflict` is its exit code otherwise. */
  locked(argv: readonly string[]): string[] {
    return ["flock", "--nonblock", "--no-fork", `--conflict-exit-code=${conflict}`, this.lock, ...argv];
  }

  /** Whether processes of the lab live. */
  async isHeld(): Promise<boolean> {
    if (!existsSync(this.lock)) return false;
    return (
      (await exec(["flock", "--nonblock", `--conflict-exit-code=${conflict}`, this.lock, "true"])).code === conflict
    );
  }

  /** Waits for the end of all that hold the lock, up to `seconds`; false when some live on. */
  async isReleased(seconds: number): Promise<boolean> {
    if (!existsSync(this.lock)) return true;
    return (await exec(["flock", `--timeout=${seconds}`, this.lock, "true"])).code === 0;
  }

  read(): LabRecord | undefined {
    try {
      return JSON.parse(readFileSync(join(this.folder, "lab.json"), "utf8")) as LabRecord;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  write(record: LabRecord): void {
    const path = join(this.folder, "lab.json");
    writeFileSync(`${path}.new`, JSON.stringify(record));
    renameSync(`${path}.new`, path); // never half a record
  }

  /** Removes the folder, and that of all labs with the last one. The lock is held meanwhile: nobody builds on it. */
  async remove(): Promise<void> {
    if (this.exists) {
      const { code, stderr } = await exec(this.locked(["rm", "-r", "--", this.folder]));
      if (code !== 0 && this.exists) throw new Error(`Cannot remove ${this.folder}: ${stderr || "it is in use"}`);
    }
    try {
      rmdirSync(this.root);
    } catch (error) {
      if (!["ENOENT", "ENOTEMPTY"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
}

/** The labs below `root`, also those that are half-made. */
export function places(root: string = defaultRoot): Place[] {
  if (!existsSync(root)) return [];
  const names = readdirSync(root).filter((name) => wellFormed.test(name));
  return names.sort().map((name) => new Place(name, root));
}
