import { chmodSync, mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../base/log.ts";
import type { Archive } from "../contracts/archive.ts";
import type { Images } from "../contracts/images.ts";
import type { Launcher } from "../contracts/launcher.ts";
import type { LayerFiles } from "../contracts/layer-files.ts";
import type { Mounts } from "../contracts/mounts.ts";
import type { Runtime } from "../contracts/runtime.ts";
import type { Streams } from "../contracts/streams.ts";
import type { CopyUp, VolumeFiles } from "../contracts/volume-files.ts";
import { WorkerArchive } from "./archive/archive.ts";
import { checkBindSources, withOwnRoot } from "./bind-sources.ts";
import { forgetEarlierBoot } from "./boot.ts";
import { checkConfinement } from "./confinement.ts";
import { createContainer, killContainer, releaseContainer, removeContainer, startContainer } from "./containers.ts";
import { removeEndedExecs } from "./exec/end-exec-monitors.ts";
import { checkExecUser, startExec } from "./exec/exec-session.ts";
import { Exits } from "./exits.ts";
import { type ImagePrograms, ImageStore } from "./images/image-store.ts";
import { imagesOf } from "./images/images.ts";
import { migrateImages } from "./images/migrate.ts";
import type { RegistrySettings } from "./images/registry/endpoints.ts";
import { closeInput, openInput } from "./input/container-input.ts";
import { resizeTerminal } from "./input/resize-terminal.ts";
import { Layout } from "./layout.ts";
import { limitedRuntime } from "./limits/limited-runtime.ts";
import { OutOfMemory } from "./limits/oom.ts";
import type { LogSource } from "./logs/follow-lines.ts";
import { LogChain } from "./logs/log-chain.ts";
import { LogRotation } from "./logs/log-rotation.ts";
import { readLog } from "./logs/read-log.ts";
import { tapOf } from "./logs/tap-output.ts";
import type { RuntimeParts } from "./parts.ts";
import { isPaused, pauseContainer, unpauseContainer } from "./pause.ts";
import { hasEnded } from "./process-identity.ts";
import { Processes } from "./processes.ts";
import { programVersions } from "./program-versions.ts";
import { createRoots } from "./rootfs.ts";
import { findProgram } from "./run-program.ts";
import { createRunc } from "./runc.ts";
import { Subpaths } from "./volumes/subpaths.ts";
import { DirectoryVolumes } from "./volumes/volume-files.ts";
import { watchOrPoll } from "./watch-path.ts";

export interface RuntimeOptions {
  /** The program of src/main/archive-worker.ts. */
  readonly archiveWorker: string;
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly mounts: Mounts;
  readonly layerFiles: LayerFiles;
  readonly streams: Streams;
  readonly launcher: Launcher;
  readonly log: Log;
  readonly registries?: RegistrySettings;
  /** Paths beside the two roots that no container may reach: the daemon's sockets. */
  readonly secrets?: readonly string[];
}

/** The runtime with its images; dispose it to stop watching. Containers go on without it. */
export type OpenRuntime = Runtime &
  Disposable & {
    readonly images: Images;
    readonly volumes: VolumeFiles;
    readonly archive: Archive & CopyUp;
    /** Brings images of an earlier release into the present form. */
    prepare(): Promise<void>;
  };

/** Opens the runtime on its two directories, which it makes, and takes up the containers that live there. */
export function openRuntime(options: RuntimeOptions): OpenRuntime {
  const { mounts, layerFiles, streams, launcher, log } = options;
  const layout = openLayout(options);
  const images = openImages(layout, layerFiles, log);
  const processes = new Processes(layout);
  const watch = watchOrPoll(log);
  const secrets = [layout.dataRoot, layout.execRoot, ...(options.secrets ?? [])];
  const parts: RuntimeParts = {
    layout,
    processes,
    watch,
    exits: new Exits({ layout, processes, watch, log }),
    outOfMemory: followRunning(new OutOfMemory(layout, watch, log), layout, processes),
    roots: createRoots(mounts, images, secrets),
    subpaths: new Subpaths(layout.subpaths, mounts),
    runc: createRunc(findProgram("runc", "runc"), layout, launcher),
    conmon: findProgram("conmon", "conmon"),
    mounts,
    streams,
    launcher,
    rotation: new LogRotation(layout, watch, log),
    creating: new Set(),
    log,
  };
  for (const id of layout.ids()) {
    if (processes.monitor(id)) parts.rotation.resume(id);
    removeEndedExecs(processes, id, layout.of(id));
  }
  const volumes = new DirectoryVolumes(layout.volumes, { mounts, du: findProgram("du", "coreutils") });
  const program = { unshare: findProgram("unshare", "util-linux"), file: options.archiveWorker };
  const archive = new WorkerArchive({ layout, roots: parts.roots, program });
  return {
    ...runtimeOf(parts),
    images: imagesOf({
      store: images,
      files: layerFiles,
      settings: options.registries ?? { insecure: [], mirrors: [] },
      upperOf: (id) => layout.of(id).upper,
    }),
    volumes,
    archive,
    prepare: () => migrateImages(images, log),
  };
}

function openImages(layout: Layout, files: LayerFiles, log: Log): ImageStore {
  const packages = { tar: "tar", find: "findutils", sync: "coreutils" } as const;
  const found = Object.entries(packages).map(([name, debianPackage]) => [name, findProgram(name, debianPackage)]);
  return new ImageStore(layout.images, Object.fromEntries(found) as ImagePrograms, files, log);
}

function runtimeOf(parts: RuntimeParts): Runtime & Disposable {
  const { layout, exits, roots } = parts;
  return {
    create: (plan) => createContainer(parts, plan),
    start: (id) => startContainer(parts, id),
    kill: (id, signal) => killContainer(parts, id, signal),
    pause: (id) => pauseContainer(parts, id),
    unpause: (id) => unpauseContainer(parts, id),
    isPaused: (id) => isPaused(parts, id),
    release: (id, options) => releaseContainer(parts, id, options),
    remove: (id) => removeContainer(parts, id),
    checkUser: (id, user) => checkExecUser(parts, id, user),
    exec: (id, spec) => startExec(parts, id, spec),
    logs: (id, query) => readLog(() => openChain(parts, id, "fromStart"), logSource(parts, id), query),
    tap: (id, { past }) => tapOf(openChain(parts, id, past ? "ofAll" : "fromNow"), logSource(parts, id)),
    openInput: (id) => openInput(parts, id),
    closeInput: (id) => closeInput(parts, id),
    resize: (id, rows, columns) => resizeTerminal(parts, id, rows, columns),
    running: () => running(parts),
    exitOf: (id) => exits.exitOf(id),
    watch: (onExit) =>
      exits.listen((exit) => {
        parts.outOfMemory.look(exit.containerId); // before the end is told
        return onExit(exit);
      }),
    watchMemory: (onOutOfMemory) => parts.outOfMemory.listen(onOutOfMemory),
    ...limitedRuntime(parts),
    overlayOf({ id, config: { rootfs } }) {
      const { upper, work, merged } = layout.of(id);
      return rootfs.kind === "directory" ? undefined : { lower: roots.lower(rootfs), upper, work, merged };
    },
    checkRootfs: (rootfs) => roots.check(rootfs),
    checkMounts: checkBindSources,
    ownMounts: (mounts) => withOwnRoot(layout.dataRoot, mounts),
    checkConfinement,
    programs: () => programVersions({ runc: parts.runc.path, conmon: parts.conmon }, parts.log),
    leftovers: () => layout.ids(),
    [Symbol.dispose]() {
      exits[Symbol.dispose]();
      parts.rotation[Symbol.dispose]();
      parts.outOfMemory[Symbol.dispose]();
    },
  };
}

function followRunning(outOfMemory: OutOfMemory, layout: Layout, processes: Processes): OutOfMemory {
  for (const id of layout.ids()) if (processes.started(id)) outOfMemory.follow(id);
  return outOfMemory;
}

/** A container that is just ending is waited for, so that whoever does not find it here finds its exit code. */
async function running({ layout, processes }: RuntimeParts): Promise<Map<string, number>> {
  const ids = layout.ids();
  const ending = ids.filter((id) => !processes.init(id)).flatMap((id) => processes.monitor(id) ?? []);
  await Promise.all(ending.map(hasEnded));
  const pids = ids.map((id) => [id, processes.started(id)?.pid] as const);
  return new Map(pids.filter((entry): entry is [string, number] => entry[1] !== undefined));
}

/** A reader's way through the log, whose files it keeps while they are renamed and removed. */
function openChain<How extends "fromStart" | "ofAll" | "fromNow">(
  { layout, rotation }: RuntimeParts,
  id: string,
  how: How,
): ReturnType<(typeof LogChain)[How]> {
  const chain = LogChain[how](layout.of(id).log);
  if (chain) chain.keep(rotation.reads(id, chain));
  return chain as ReturnType<(typeof LogChain)[How]>;
}

/** conmon writes the exit code when the log is complete. */
const logSource = ({ layout, processes, exits, watch }: RuntimeParts, id: string): LogSource => ({
  path: layout.of(id).log,
  watch,
  isOver: () => processes.monitor(id) === undefined || exits.exitOf(id) !== undefined,
  listen: (onOver) => exits.whenOver(id, onOver),
});

/** Makes the two roots; forgets what an exec root on disk still says of an earlier boot. */
function openLayout({ dataRoot, execRoot, log }: RuntimeOptions): Layout {
  for (const directory of [dataRoot, execRoot]) mkdirSync(directory, { recursive: true, mode: 0o711 });
  // Images hold set-user-id programs, logs and layers hold secrets: no other user of the host may reach them.
  for (const directory of [dataRoot, execRoot]) privateDirectory(join(directory, "containers"));
  privateDirectory(join(dataRoot, "images"));
  const layout = new Layout(realpathSync(dataRoot), realpathSync(execRoot));
  forgetEarlierBoot(layout, log);
  return layout;
}

function privateDirectory(path: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o700);
}
