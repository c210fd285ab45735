import type { Readable } from "node:stream";
import type { Container } from "../model/container.ts";
import type { RunPlan } from "./runtime.ts";

/** Docker's container.PathStat. */
export interface PathStat {
  readonly name: string;
  readonly size: number;
  /** Go's os.FileMode: permissions, and what it is in the high bits. */
  readonly mode: number;
  /** RFC 3339. */
  readonly mtime: string;
  /** Of a link: where it leads in the end, inside the container; "" otherwise. */
  readonly linkTarget: string;
}

/** A path that a container has changed of its root: "C", "A" and "D" of docker diff. */
export interface PathChange {
  readonly path: string;
  readonly kind: "changed" | "added" | "deleted";
}

/** A container whose files are looked at, and where its volumes are on the host. */
export interface ArchiveSource {
  readonly container: Container;
  /** What the client calls it, for what it is told; absent: by its name. */
  readonly calledAs?: string;
  /** True: its root is mounted. False: nobody else may mount it meanwhile. */
  readonly running: boolean;
  readonly volumes: Readonly<Record<string, string>>;
  /** What is bound to /etc/hosts and its neighbours; absent: nothing. */
  readonly files?: RunPlan["files"];
}

export interface ArchiveStream {
  /** A tar archive. Destroy it to stop. It fails when something could not be read to its end. */
  readonly archive: Readable;
  /** When nothing of the container is held any more. Never rejects. */
  readonly closed: Promise<void>;
}

/**
 * Files of containers, running or not, as docker cp, export and diff see them: the root with the container's volumes and
 * binds, without file systems in memory. Paths are the container's, and no link leads out of it.
 */
export interface Archive {
  /** FILE_NOT_FOUND without such a path. */
  stat(source: ArchiveSource, path: string): Promise<PathStat>;
  /** A directory with all in it, or one file; names begin with the path's last part. */
  read(source: ArchiveSource, path: string): Promise<ArchiveStream & { readonly stat: PathStat }>;
  /** Unpacks an archive (plain, gzip, bzip2, xz, zstd) into a directory of the container. It is read to its end, also if refused. */
  write(source: ArchiveSource, path: string, archive: Readable, options: WriteOptions): Promise<void>;
  /**
   * Makes the working directory of a container that has never run, in its root, where its image has it not; volumes hide
   * it. FILE_REFUSED when something else is there.
   */
  makeWorkingDirectory(container: Container): Promise<void>;
  /** The whole root without volumes. */
  export(source: ArchiveSource): Promise<ArchiveStream>;
  /** Sorted by path. */
  changes(source: ArchiveSource): Promise<PathChange[]>;
}

export interface WriteOptions {
  /** A directory is not replaced by something else, nor something else by a directory. */
  readonly noOverwriteDirNonDir: boolean;
  /** Everything is given to the container's user, not to those whom the archive names. */
  readonly toUser: boolean;
  /** Called, and waited for, once the container's files are open: it may end from then on. */
  onOpen?(): Promise<void>;
}
