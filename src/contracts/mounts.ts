/** Union mounts and file systems in memory for containers' roots, in the mount namespace that the daemon lives in. */
export interface Mounts {
  /** Mounts `lower` read-only under the writable `upper`; `work` is an empty directory beside `upper`. Throws KernelError. */
  overlay(options: {
    readonly lower: string;
    readonly upper: string;
    readonly work: string;
    readonly target: string;
  }): void;
  /** Mounts an empty file system in memory, with options of tmpfs(5). Throws KernelError. */
  tmpfs(options: { readonly target: string; readonly sizeBytes: number; readonly mode: number }): void;
  /** Unmounts what is on top of `target`, lazily if it is busy. "Not mounted" and "not there" are success. */
  unmount(target: string): Promise<void>;
}
