import { existsSync, mkdirSync } from "node:fs";
import { finished, PassThrough, type Readable, type Writable } from "node:stream";
import { EngineError } from "../../base/errors.ts";
import type {
  Archive,
  ArchiveSource,
  ArchiveStream,
  PathChange,
  PathStat,
  WriteOptions,
} from "../../contracts/archive.ts";
import type { CopyUp } from "../../contracts/volume-files.ts";
import type { Container, Rootfs } from "../../model/container.ts";
import type { Layout } from "../layout.ts";
import type { Roots } from "../rootfs.ts";
import { hasDirectory } from "./has-directory.ts";
import type { ArchiveAnswer, ArchiveRequest } from "./protocol.ts";
import { type ArchiveWorker, startWorker, type WorkerProgram } from "./start-worker.ts";
import { viewOf } from "./view-spec.ts";

export interface ArchiveParts {
  readonly layout: Layout;
  readonly roots: Roots;
  readonly program: WorkerProgram;
}

/** Files of containers, each operation in a process of its own. Archives stream: none is ever held in memory. */
export class WorkerArchive implements Archive, CopyUp {
  readonly #parts: ArchiveParts;

  constructor(parts: ArchiveParts) {
    this.#parts = parts;
    mkdirSync(parts.layout.view, { recursive: true, mode: 0o700 });
  }

  async stat(source: ArchiveSource, path: string): Promise<PathStat> {
    const answer = await this.#run({ do: "stat", view: viewOf(source, this.#parts), path }, source);
    if ("stat" in answer) return answer.stat;
    throw unexpected(answer);
  }

  async read(source: ArchiveSource, path: string): Promise<ArchiveStream & { stat: PathStat }> {
    const worker = startWorker(this.#parts.program, { do: "read", view: viewOf(source, this.#parts), path });
    const answer = checked(await worker.next(), source);
    if ("stat" in answer) return { stat: answer.stat, ...streamOf(worker) };
    throw unexpected(answer);
  }

  async export(source: ArchiveSource): Promise<ArchiveStream> {
    const view = { ...viewOf(source, this.#parts), mounts: [] };
    const worker = startWorker(this.#parts.program, { do: "export", view });
    checked(await worker.next(), source);
    return streamOf(worker);
  }

  async write(source: ArchiveSource, path: string, archive: Readable, options: WriteOptions): Promise<void> {
    const { noOverwriteDirNonDir, toUser } = options;
    const { config } = source.container;
    const owner = toUser && config.user !== "" ? { user: config.user } : {};
    const view = viewOf(source, this.#parts);
    const worker = startWorker(this.#parts.program, { do: "write", view, path, noOverwriteDirNonDir, ...owner });
    const { stdin } = worker.child;
    if (!stdin) throw new Error("the worker has no input");
    using _feeding = feed(archive, stdin);
    try {
      checked(await worker.next(), source);
      await options.onOpen?.();
      // May come before the end of the archive: a refusal.
      checked(await worker.next(), source);
    } finally {
      stdin.destroy();
      await worker.ended;
    }
  }

  async makeWorkingDirectory(container: Container): Promise<void> {
    const { rootfs, workingDir } = container.config;
    // A directory used as it is stays so until a start.
    if (workingDir === "" || rootfs.kind === "directory") return;
    if (hasDirectory(this.#parts.roots.lower(rootfs), workingDir)) return;
    // The root alone, and writable: what it is to its processes does not count.
    const root = { ...container, config: { ...container.config, mounts: [], readonlyRootfs: false } };
    const view = viewOf({ container: root, running: false, volumes: {} }, this.#parts);
    await this.#run({ do: "makeDirectory", view, path: workingDir }, { container });
  }

  async changes({ container }: ArchiveSource): Promise<PathChange[]> {
    const { layout, roots } = this.#parts;
    const { upper } = layout.of(container.id);
    // A directory used as it is has no layer of the container's; one that was never started has nothing in it.
    if (container.config.rootfs.kind === "directory" || !existsSync(upper)) return [];
    const lower = { layers: roots.lower(container.config.rootfs), place: layout.view };
    const answer = await this.#run({ do: "changes", lower, upper }, { container });
    if ("changes" in answer) return [...answer.changes];
    throw unexpected(answer);
  }

  async copyUp({ rootfs, path }: { rootfs: Rootfs; path: string }, into: string): Promise<void> {
    if (rootfs.kind === "host") return;
    const lower = { layers: this.#parts.roots.lower(rootfs), place: this.#parts.layout.view };
    await this.#run({ do: "copyUp", lower, path, into });
  }

  async #run(request: ArchiveRequest, source?: Pick<ArchiveSource, "container" | "calledAs">): Promise<ArchiveAnswer> {
    const worker = startWorker(this.#parts.program, request);
    worker.child.stdin?.end();
    worker.child.stdout?.resume();
    const answer = await worker.next();
    await worker.ended;
    return checked(answer, source);
  }
}

/**
 * Sends an archive to the worker; one that is cut short stays so. What the worker did not want is read and thrown away:
 * a client that is still sending would otherwise not get to hear the answer.
 */
function feed(archive: Readable, stdin: Writable): Disposable {
  archive.pipe(stdin);
  finished(archive, { writable: false }, (error) => void (error && stdin.destroy()));
  return {
    [Symbol.dispose]() {
      archive.unpipe(stdin);
      archive.resume();
    },
  };
}

function checked(answer: ArchiveAnswer, source?: Pick<ArchiveSource, "container" | "calledAs">): ArchiveAnswer {
  const container = source?.calledAs ?? source?.container.name ?? "";
  if ("notFound" in answer) throw new EngineError("FILE_NOT_FOUND", { path: answer.notFound, container });
  if ("refused" in answer) throw new EngineError("FILE_REFUSED", { why: answer.refused });
  if ("failed" in answer) throw new Error(answer.failed);
  return answer;
}

const unexpected = (answer: ArchiveAnswer): Error => new Error(`unexpected answer ${JSON.stringify(answer)}`);

/** The worker's output; what it could not read to its end does not end either, but fails. */
function streamOf(worker: ArchiveWorker): ArchiveStream {
  const { child } = worker;
  const archive = new PassThrough();
  const output = child.stdout;
  if (!output) throw new Error("the worker has no output");
  output.pipe(archive, { end: false });
  child.stdin?.end();
  // It may fail before anybody reads it; who does is told all the same.
  archive.on("error", () => undefined);
  archive.once("close", () => {
    // A reader that leaves early: nobody wants the rest.
    output.destroy();
    child.kill("SIGKILL");
  });
  const closed = worker.ended.then(
    (code) =>
      void (code === 0 ? archive.end() : archive.destroy(new Error(worker.said() || "the archive is not whole"))),
    (error: Error) => void archive.destroy(error),
  );
  return { archive, closed };
}
