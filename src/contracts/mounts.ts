/** File systems for containers, in the mount namespace that the daemon lives in. */
export interface Mounts {
  /**
   * Mounts `lower` read-only, the topmost first, under the writable `upper`; `work` is an empty directory beside `upper`.
   * Without `upper`, of at least two, all is read-only. Throws KernelError.
   */
  overlay(options: {
    readonly lower: readonly string[];
    readonly upper?: { readonly directory: string; readonly work: string };
    readonly target: string;
  }): void;
  /** Mounts an empty file system in memory, with options of tmpfs(5). Throws KernelError. */
  tmpfs(options: { readonly target: string; readonly sizeBytes: number; readonly mode: number }): void;
  /** Mounts what a volume's options name: `options` as in fstab(5), comma-separated. It may wait for a server. */
  device(options: {
    readonly type: string;
    readonly source: string;
    readonly options: string;
    readonly target: string;
  }): Promise<void>;
  /**
   * Mounts `path` of the directory `root` on `target`, without leaving `root` by any link: `path` is as the container
   * that writes there has it. `target` is made, a file or a directory as the source is. Throws KernelError.
   */
  bindInside(options: { readonly root: string; readonly path: string; readonly target: string }): void;
  /** Unmounts what is on top of `target`, lazily if it is busy. "Not mounted" and "not there" are success. */
  unmount(target: string): Promise<void>;
}
