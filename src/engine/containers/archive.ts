import type { Readable } from "node:stream";
import { Rollback } from "../../base/rollback.ts";
import type { ArchiveSource, ArchiveStream, PathChange, PathStat, WriteOptions } from "../../contracts/archive.ts";
import type { Container } from "../../model/container.ts";
import { isRunning } from "../../model/container-state.ts";
import { closeVolumes, mountpointsOf, openVolumes } from "../volumes/open.ts";
import { hold } from "./held.ts";
import type { ContainerParts } from "./parts.ts";
import { tell } from "./tell.ts";

/** Files of containers, running or not: docker cp, export and diff. */
export interface ArchiveUseCases {
  stat(reference: string, path: string): Promise<PathStat>;
  read(reference: string, path: string): Promise<ArchiveStream & { readonly stat: PathStat }>;
  write(reference: string, path: string, archive: Readable, options: WriteOptions): Promise<void>;
  export(reference: string): Promise<ArchiveStream>;
  changes(reference: string): Promise<PathChange[]>;
}

export function archiveUseCases(parts: ContainerParts): ArchiveUseCases {
  const { archive } = parts;
  return {
    stat: (reference, path) => during(parts, reference, (source) => archive.stat(source, path)),
    async write(reference, path, content, options) {
      await using open = await openSource(parts, reference);
      // A container goes on, and may end, under a long copy into it.
      const release = open.source.running ? { onOpen: async () => open[Symbol.asyncDispose]() } : {};
      await archive.write(open.source, path, content, { ...options, ...release });
      tell(parts, "extract-to-dir", open.source.container);
    },
    changes: (reference) => during(parts, reference, (source) => archive.changes(source)),
    read: (reference, path) =>
      streaming(parts, reference, async (source) => {
        const stream = await archive.read(source, path);
        tell(parts, "archive-path", source.container);
        return stream;
      }),
    export: (reference) =>
      streaming(parts, reference, async (source) => {
        const stream = await archive.export(source);
        tell(parts, "export", source.container);
        return stream;
      }),
  };
}

interface OpenSource extends AsyncDisposable {
  readonly source: ArchiveSource;
}

/**
 * One that runs has its root mounted, and is held only until the operation has taken hold of that itself. One that does
 * not is held to the end: were it started meanwhile, its layers would be mounted twice.
 */
async function openSource(parts: ContainerParts, reference: string): Promise<OpenSource> {
  await using stack = new AsyncDisposableStack();
  const { container } = stack.use(await hold(parts, reference));
  const running = isRunning(container);
  const volumes = running ? mountpointsOf(parts.volumes, container) : await openStopped(parts, container, stack);
  const rest = stack.move();
  const source = { container, calledAs: reference, running, volumes, files: parts.files.paths(container) };
  return { source, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

/** Volumes with a file system of their own may not be mounted now. */
async function openStopped(
  { volumes }: ContainerParts,
  container: Container,
  stack: AsyncDisposableStack,
): Promise<Record<string, string>> {
  await using rollback = new Rollback();
  const places = await openVolumes(volumes, container, rollback, { tellEvents: false });
  rollback.commit();
  stack.defer(() => closeVolumes(volumes, container, { tellEvents: false }));
  return places;
}

/** What is short is done under the lock. */
async function during<T>(
  parts: ContainerParts,
  reference: string,
  body: (source: ArchiveSource) => Promise<T>,
): Promise<T> {
  await using open = await openSource(parts, reference);
  return body(open.source);
}

async function streaming<T extends ArchiveStream>(
  parts: ContainerParts,
  reference: string,
  body: (source: ArchiveSource) => Promise<T>,
): Promise<T> {
  const open = await openSource(parts, reference);
  try {
    const stream = await body(open.source);
    if (open.source.running) await open[Symbol.asyncDispose]();
    else {
      const { id } = open.source.container;
      const failed = (error: unknown) => parts.log.error({ err: error, container: id }, "volumes were not given back");
      void stream.closed.then(() => open[Symbol.asyncDispose]()).catch(failed);
    }
    return stream;
  } catch (error) {
    await open[Symbol.asyncDispose]();
    throw error;
  }
}
