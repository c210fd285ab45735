import { EngineError } from "../../base/errors.ts";
import type { Container, ContainerConfig } from "../../model/container.ts";
import { isRunning } from "../../model/container-state.ts";
import type { Image, ImageRuntimeConfig } from "../../model/image.ts";
import { familiarReference, type ImageReference } from "../../model/image-reference.ts";
import { completed } from "../containers/image-defaults.ts";
import { tell } from "../containers/tell.ts";
import { findContainer } from "../reference.ts";
import { tellImage } from "./tell.ts";
import type { ImageParts } from "./use-cases.ts";

/** A configuration that the client gave; entrypointGiven: it has one, if an empty one. */
export interface GivenConfig extends ImageRuntimeConfig {
  readonly entrypointGiven: boolean;
}

export interface CommitWords {
  readonly reference?: ImageReference;
  /** Goes above the container's; none: the container's alone. */
  readonly config?: GivenConfig;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
  readonly comment: string;
  readonly author: string;
}

/** `docker commit`: an image of what a container has become. Its volumes are no part of it. */
export async function commit(parts: ImageParts, reference: string, words: CommitWords): Promise<Image> {
  await using held = await holdStill(parts, reference);
  const { container } = held;
  const { rootfs, args } = container.config;
  if (rootfs.kind !== "image") {
    const why = "its root is no image: pack it with tar and import that";
    throw new EngineError("CONTAINER_REFUSED", { container: container.name, why });
  }
  const { comment, author } = words;
  const image = await parts.images.commit({
    containerId: container.id,
    imageId: rootfs.imageId,
    config: configFor(parts, container, words),
    createdBy: args.join(" "),
    ...{ comment, author },
    ...(words.reference ? { reference: words.reference } : {}),
  });
  tellCommit(parts, container, image, words);
  return image;
}

/** Docker's events: of the image's name, if it got one, then the container's (moby, daemon/commit.go). */
function tellCommit(parts: ImageParts, container: Container, { id }: Image, { reference, comment }: CommitWords): void {
  const imageRef = reference ? familiarReference(reference) : "";
  if (reference) tellImage(parts, "tag", { id, name: imageRef });
  tell(parts, "commit", container, { comment, imageID: id, imageRef });
}

/**
 * A container that does not run neither starts nor goes while its files are read. One that runs lives on: whoever wants it
 * still pauses it.
 */
async function holdStill(
  { state, locks }: ImageParts,
  reference: string,
): Promise<AsyncDisposable & { readonly container: Container }> {
  const { id } = findContainer(state, reference);
  const lock = await locks.hold(id);
  const container = state.containers.get(id);
  const release = () => lock[Symbol.asyncDispose]();
  if (container && !isRunning(container)) return { container, [Symbol.asyncDispose]: release };
  await release();
  if (container) return { container, [Symbol.asyncDispose]: async () => undefined };
  throw new EngineError("CONTAINER_NOT_FOUND", { container: reference });
}

/** What a container was made with, as an image says it. */
function configOf({ config }: Container): ImageRuntimeConfig {
  return {
    user: config.user,
    env: config.env,
    entrypoint: config.entrypoint,
    command: config.command,
    workingDir: config.workingDir,
    exposed: portsOf(config),
    volumes: config.storage?.volumes ?? [],
    labels: config.labels,
    stopSignal: config.stopSignal === "SIGTERM" ? "" : config.stopSignal,
    ...(config.healthcheck ? { healthcheck: config.healthcheck } : {}),
    shell: [],
    onBuild: [],
  };
}

const portsOf = ({ exposed }: ContainerConfig): string[] => exposed.map(({ port, protocol }) => `${port}/${protocol}`);

/**
 * Changes are made to what was given, or to what the container has if nothing was: variables and relative paths are those
 * of the one or the other (moby, daemon/commit.go). A new entrypoint keeps the old command away.
 */
function configFor({ images }: ImageParts, container: Container, { config, changes }: CommitWords): ImageRuntimeConfig {
  const before = configOf(container);
  const base = config ?? before;
  const changed = images.applyChanges({ ...base, entrypoint: [], command: [] }, changes);
  const own = mergeConfigs(changed, base);
  const merged = mergeConfigs(own, before);
  return config?.entrypointGiven ? { ...merged, entrypoint: own.entrypoint } : merged;
}

/** What is said anew, then what lies below. */
function mergeConfigs(own: ImageRuntimeConfig, base: ImageRuntimeConfig): ImageRuntimeConfig {
  return {
    ...completed(own, base),
    exposed: [...new Set([...own.exposed, ...base.exposed])],
    volumes: [...new Set([...own.volumes, ...base.volumes])],
    shell: own.shell.length > 0 ? own.shell : base.shell,
    onBuild: own.onBuild,
  };
}
