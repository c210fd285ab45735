import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Mounts } from "../../contracts/mounts.ts";
import type { VolumeFiles } from "../../contracts/volume-files.ts";
import type { Volume } from "../../model/volume.ts";
import { mountsBelow } from "../mounted.ts";
import { runProgram } from "../run-program.ts";

const staged = ".new-";
const retired = ".removed-";
/** In a volume's directory, beside its files, while these are being copied from an image. */
const marker = "filling";

export interface VolumeFilesParts {
  readonly mounts: Mounts;
  /** Path of the program. */
  readonly du: string;
}

/** Volumes below DATA/volumes, laid out as Docker does: <name>/_data. */
export class DirectoryVolumes implements VolumeFiles {
  readonly #directory: string;
  readonly #parts: VolumeFilesParts;

  constructor(directory: string, parts: VolumeFilesParts) {
    this.#directory = directory;
    this.#parts = parts;
    // Volumes hold set-user-id programs and secrets: no other user of the host may reach them.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  mountpoint(name: string): string {
    return join(this.#of(name), "_data");
  }

  stage(name: string): string {
    return makeData(this.#of(staged + name));
  }

  settle(name: string): void {
    const waiting = this.#of(staged + name);
    if (existsSync(waiting) && !existsSync(this.#of(name))) renameSync(waiting, this.#of(name));
    makeData(this.#of(name));
  }

  retire(name: string): void {
    if (!existsSync(this.#of(name))) return;
    // One of an earlier volume of that name, which could not be erased: set aside until it can. No volume has a "~".
    const earlier = this.#of(retired + name);
    if (existsSync(earlier)) renameSync(earlier, `${earlier}~${randomBytes(4).toString("hex")}`);
    renameSync(this.#of(name), this.#of(retired + name));
  }

  reinstate(name: string): void {
    if (!existsSync(this.#of(retired + name))) return;
    renameSync(this.#of(retired + name), this.#of(name));
  }

  async erase(name: string): Promise<void> {
    for (const prefix of [staged, retired]) {
      const directory = this.#of(prefix + name);
      const inTheWay = mountsBelow(directory)[0];
      if (inTheWay !== undefined) throw new Error(`Cannot remove ${directory}: ${inTheWay} is mounted in it`);
      await rm(directory, { recursive: true, force: true });
    }
  }

  names(): { settled: string[]; staged: string[]; retired: string[] } {
    const entries = readdirSync(this.#directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const all = entries.map(({ name }) => name);
    const behind = (prefix: string) =>
      all.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    return {
      settled: all.filter((name) => !name.startsWith(".")),
      staged: behind(staged),
      retired: behind(retired),
    };
  }

  async fill(name: string, copy: (directory: string) => Promise<void>): Promise<void> {
    const data = this.mountpoint(name);
    const mark = join(this.#of(name), marker);
    if (readdirSync(data).length > 0 && !existsSync(mark)) return;
    writeFileSync(mark, "");
    await copy(data);
    rmSync(mark, { force: true });
  }

  async mount({ name, options = {} }: Volume): Promise<void> {
    if (this.mounted().includes(name)) return;
    const { type = "", device = "", o = "" } = options;
    await this.#parts.mounts.device({
      type: type || "none",
      source: device || "none",
      options: o,
      target: this.mountpoint(name),
    });
  }

  async unmount(name: string): Promise<void> {
    if (this.mounted().includes(name)) await this.#parts.mounts.unmount(this.mountpoint(name));
  }

  mounted(): string[] {
    const below = mountsBelow(this.#directory).map((path) => path.slice(this.#directory.length + 1).split("/"));
    return [
      ...new Set(below.flatMap(([name = "", data, ...rest]) => (data === "_data" && rest.length === 0 ? [name] : []))),
    ];
  }

  async size(name: string): Promise<number> {
    // Links are counted, not followed; what is mounted in it is not its.
    const args = ["--summarize", "--block-size=1", "--one-file-system", "--", this.mountpoint(name)];
    const { stdout } = await runProgram(this.#parts.du, args);
    return Number.parseInt(stdout, 10) || 0;
  }

  #of(name: string): string {
    return join(this.#directory, name);
  }
}

function makeData(directory: string): string {
  const data = join(directory, "_data");
  mkdirSync(directory, { recursive: true, mode: 0o701 });
  mkdirSync(data, { recursive: true, mode: 0o755 });
  return data;
}
