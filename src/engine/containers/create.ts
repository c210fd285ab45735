import { hostname } from "node:os";
import { newId, shortId } from "../../base/ids.ts";
import { Rollback } from "../../base/rollback.ts";
import { type Container, type ContainerConfig, type NetworkMode, never, type Rootfs } from "../../model/container.ts";
import type { EndpointSettings } from "../../model/endpoint.ts";
import type { Image } from "../../model/image.ts";
import { completeLogConfig } from "../../model/log-config.ts";
import type { ContainerRequest } from "../engine.ts";
import { findImage, platformWarnings } from "../images/platform.ts";
import { findContainer } from "../reference.ts";
import { timestamp } from "../timestamp.ts";
import { completeMounts } from "../volumes/complete-mounts.ts";
import { prepareVolumes } from "../volumes/prepare.ts";
import { holdMadeUpName, holdName } from "./held-name.ts";
import { withImageDefaults } from "./image-defaults.ts";
import { fitLimits } from "./limits/fit.ts";
import type { ContainerParts } from "./parts.ts";
import { tell } from "./tell.ts";
import { validate } from "./validate.ts";

/**
 * Writes a container down with its addresses, and makes its working directory if its image has none; nothing of it is in
 * the kernel before it starts.
 */
export async function createContainer(
  parts: ContainerParts,
  request: ContainerRequest,
): Promise<{ id: string; warnings: string[] }> {
  const { config: asked, warnings: discarded } = fitLimits(request.config, () => parts.runtime.hostLimits());
  const { state } = parts;
  const image = imageFor(parts, request);
  const warnings = [...validate(request), ...discarded, ...(request.platform ? [] : platformWarnings(image))];
  const config = withImageDefaults({ ...request, config: asked }, image?.config);
  await using held = await (request.name ? holdName(parts, request.name) : holdMadeUpName(parts));
  const container = newContainer(parts, held.name, { ...config, rootfs: resolved(config.rootfs, image) });
  parts.runtime.checkRootfs(container.config.rootfs);
  parts.runtime.checkMounts(container.config.mounts);
  parts.runtime.checkConfinement(container.config);
  await using volumes = await prepareVolumes(parts.volumes, container);
  await using rollback = new Rollback();
  rollback.onFailure(`files of container ${container.name}`, () => parts.runtime.remove(container.id));
  await parts.archive.makeWorkingDirectory(container);
  await parts.networking.reserve(container, endpointsOf(request), (endpoints) => {
    parts.runtime.checkRootfs(container.config.rootfs); // the image may have been removed while we waited
    state.commit([
      ...volumes.changes,
      { put: "container", id: container.id, value: container },
      ...endpoints.map((value) => ({ put: "endpoint", id: value.id, value }) as const),
    ]);
  });
  rollback.commit();
  volumes.settle();
  tell(parts, "create", container);
  return { id: container.id, warnings };
}

function newContainer(parts: ContainerParts, name: string, wanted: ContainerConfig): Container {
  const id = newId();
  const networkMode = resolveMode(parts, wanted.networkMode);
  const config: ContainerConfig = {
    ...wanted,
    networkMode,
    namespaces: { ...parts.namespaces, ...wanted.namespaces },
    logConfig: completeLogConfig(wanted.logConfig, parts.logConfig),
    mounts: parts.runtime.ownMounts(completeMounts(wanted, (reference) => findContainer(parts.state, reference))),
    hostname: wanted.hostname || defaultHostname(parts, { ...wanted, networkMode }, id),
  };
  const state = { status: "created", pid: 0, exitCode: 0, startedAt: never, finishedAt: never } as const;
  return { id, name, created: timestamp(), config, state: { ...state, error: "", stoppedByUser: false }, ports: [] };
}

/** container:NAME of one that joined another itself means that other one: the sandbox is its. */
function resolveMode({ state }: ContainerParts, mode: NetworkMode): NetworkMode {
  if (mode.kind !== "container") return mode;
  const target = findContainer(state, mode.containerId);
  const creator = target.config.networkMode;
  return creator.kind === "container" ? creator : { kind: "container", containerId: target.id };
}

const imageFor = ({ images }: ContainerParts, { config: { rootfs }, platform }: ContainerRequest): Image | undefined =>
  rootfs.kind === "image" ? findImage(images, rootfs.reference, platform) : undefined;

const resolved = (rootfs: Rootfs, image: Image | undefined): Rootfs =>
  rootfs.kind === "image" && image ? { ...rootfs, imageId: image.id } : rootfs;

/** Docker's rule: the short id, but whose network it shares, that one's name it bears. */
function defaultHostname({ state }: ContainerParts, config: ContainerConfig, id: string): string {
  const { networkMode: mode, namespaces } = config;
  if (mode.kind === "host" || namespaces?.uts === "host") return hostname();
  const creator = mode.kind === "container" ? state.containers.get(mode.containerId) : undefined;
  return creator?.config.hostname ?? shortId(id);
}

const plain: EndpointSettings = { linkLocal: [], aliases: [], links: [], gwPriority: 0, driverOptions: {} };

/** None given: the network that the mode names. */
function endpointsOf({ config, endpoints }: ContainerRequest): ContainerRequest["endpoints"] {
  const { kind } = config.networkMode;
  if (endpoints.length > 0 || kind === "container") return endpoints;
  return [{ network: kind === "networks" ? config.networkModeText : kind, settings: plain }];
}
