import { KeyedLock } from "../../base/keyed-lock.ts";
import { silentLog } from "../../base/log.ts";
import type { Archive } from "../../contracts/archive.ts";
import type { CopyUp, VolumeFiles } from "../../contracts/volume-files.ts";
import type { Volume } from "../../model/volume.ts";
import { EventHub } from "../events.ts";
import { State } from "../state.ts";
import type { VolumeParts } from "./parts.ts";
import { type VolumeUseCases, volumeUseCases } from "./use-cases.ts";

/** Directories that are only written down: name to what is in them. */
export class FakeVolumeFiles implements VolumeFiles, CopyUp {
  readonly settled = new Map<string, string[]>();
  readonly staged = new Map<string, string[]>();
  readonly retired = new Map<string, string[]>();
  readonly mounts = new Set<string>();
  /** What images have, by path. */
  readonly content = new Map<string, string[]>();
  /** Called before each step takes effect; it may throw. */
  onStep: (name: string) => void = () => {};

  mountpoint(name: string): string {
    return `/volumes/${name}/_data`;
  }
  stage(name: string): string {
    this.onStep("volumes.stage");
    this.staged.set(name, []);
    return `/volumes/.new-${name}/_data`;
  }
  settle(name: string): void {
    const waiting = this.staged.get(name) ?? [];
    this.staged.delete(name);
    if (!this.settled.has(name)) this.settled.set(name, waiting);
  }
  retire(name: string): void {
    this.onStep("volumes.retire");
    const there = this.settled.get(name);
    this.settled.delete(name);
    if (there) this.retired.set(name, there);
  }
  reinstate(name: string): void {
    const there = this.retired.get(name);
    this.retired.delete(name);
    if (there) this.settled.set(name, there);
  }
  async erase(name: string): Promise<void> {
    this.staged.delete(name);
    this.retired.delete(name);
  }
  names() {
    return {
      ...{ settled: [...this.settled.keys()], staged: [...this.staged.keys()] },
      retired: [...this.retired.keys()],
    };
  }
  async fill(name: string, copy: (directory: string) => Promise<void>): Promise<void> {
    if (this.settled.get(name)?.length === 0) await copy(this.mountpoint(name));
  }
  async mount({ name }: Volume): Promise<void> {
    this.onStep("volumes.mount");
    this.mounts.add(name);
  }
  async unmount(name: string): Promise<void> {
    this.mounts.delete(name);
  }
  mounted(): string[] {
    return [...this.mounts];
  }
  async size(name: string): Promise<number> {
    return 100 * (this.settled.get(name)?.length ?? 0);
  }
  async copyUp({ path }: { path: string }, into: string): Promise<void> {
    this.onStep("volumes.copyUp");
    const [, name = ""] = /^\/volumes\/(?:\.new-)?([^/]+)\/_data$/.exec(into) ?? [];
    (this.staged.get(name) ?? this.settled.get(name))?.push(...(this.content.get(path) ?? []));
  }
}

const noFiles = () => Promise.reject(new Error("no files here"));

/** Containers without files. */
export const fakeArchive: Archive = {
  stat: noFiles,
  read: noFiles,
  write: noFiles,
  makeWorkingDirectory: async () => undefined,
  export: noFiles,
  changes: noFiles,
};

/** Parts around fake directories. */
export function fakeVolumeParts(
  world: { readonly state: State; readonly events: EventHub; readonly locks?: KeyedLock },
  files: FakeVolumeFiles,
): VolumeParts {
  return { locks: new KeyedLock(), ...world, files, copyUp: files, log: silentLog, open: new Map() };
}

/** The use cases on a registry of their own, which nothing else sees. */
export function fakeVolumeUseCases(): VolumeUseCases {
  const state = new State({ all: () => [], get: () => undefined, commit: () => {}, close: () => {} });
  return volumeUseCases(fakeVolumeParts({ state, events: new EventHub() }, new FakeVolumeFiles()));
}
