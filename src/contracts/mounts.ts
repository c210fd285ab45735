/** Union mounts for containers' roots, in the mount namespace that the daemon lives in. */
export interface Mounts {
  /** Mounts `lower` read-only under the writable `upper`; `work` is an empty directory beside `upper`. Throws KernelError. */
  overlay(options: {
    readonly lower: string;
    readonly upper: string;
    readonly work: string;
    readonly target: string;
  }): void;
  /** Unmounts what is on top of `target`, lazily if it is busy. "Not mounted" and "not there" are success. */
  unmount(target: string): Promise<void>;
}
