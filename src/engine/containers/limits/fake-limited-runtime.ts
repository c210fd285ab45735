import type { HostConfinement, HostLimits, LimitedRuntime, ProcessList } from "../../../contracts/limits.ts";
import type { Limits } from "../../../model/limits.ts";

/** A host of two processors that can limit everything. */
export const allLimits: HostLimits = {
  ...{ cgroupVersion: 1, cpuCount: 2, cpus: "0-1", mems: "0" },
  can: new Proxy({} as HostLimits["can"], { get: () => true }),
};

/** Limits that are only written down; tests tell of what the kernel would. */
export class FakeLimitedRuntime implements LimitedRuntime {
  /** Limits that were put on running containers. */
  readonly limits = new Map<string, Limits>();
  /** Tells that the kernel has ended a process of a container for want of memory. */
  outOfMemory: (id: string) => void = () => {};
  readonly #take: (step: string) => void;

  constructor(take: (step: string) => void) {
    this.#take = take;
  }
  watchMemory(onOutOfMemory: (id: string) => void): Disposable {
    this.outOfMemory = onOutOfMemory;
    return { [Symbol.dispose]: () => {} };
  }
  hostLimits(): HostLimits {
    return allLimits;
  }
  overlayOf = () => undefined;
  programs = async () => [];
  hostConfinement(): HostConfinement {
    return { seccomp: true, apparmor: "off", initPath: "", maskedPaths: [], readonlyPaths: [] };
  }
  async limit(id: string, limits: Limits): Promise<void> {
    this.#take("runtime.limit");
    this.limits.set(id, limits);
  }
  usage(): undefined {
    return undefined;
  }
  async processList(): Promise<ProcessList> {
    return { titles: [], rows: [] };
  }
  checkConfinement(): void {
    this.#take("runtime.checkConfinement");
  }
}
