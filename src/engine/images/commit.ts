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

export interface CommitWords {
  readonly reference?: ImageReference;
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
  const before = configOf(container);
  // On top of what there is: variables and relative paths are the container's. A new entrypoint keeps the old command away.
  const own = parts.images.applyChanges({ ...before, entrypoint: [], command: [] }, words.changes);
  const { comment, author } = words;
  const image = await parts.images.commit({
    containerId: container.id,
    imageId: rootfs.imageId,
    config: mergeConfigs(own, before),
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

/** What was changed, then what the container had. */
function mergeConfigs(own: ImageRuntimeConfig, base: ImageRuntimeConfig): ImageRuntimeConfig {
  return {
    ...completed(own, base),
    exposed: [...new Set([...own.exposed, ...base.exposed])],
    volumes: [...new Set([...own.volumes, ...base.volumes])],
    shell: own.shell.length > 0 ? own.shell : base.shell,
    onBuild: own.onBuild,
  };
}
