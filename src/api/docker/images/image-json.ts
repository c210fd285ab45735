import type { ImageUse } from "../../../engine/images/use.ts";
import { never } from "../../../model/container.ts";
import type { Image, ImageRuntimeConfig } from "../../../model/image.ts";
import { healthcheckJson } from "../containers/healthcheck.ts";

const seconds = (time: string): number => (time === never ? 0 : Math.floor(Date.parse(time) / 1000));

/** Docker's image.Summary. Below 1.43 an image without names had these instead. */
export function imageSummary(image: Image, version: number, use?: Partial<ImageUse>) {
  const nameless = version < 43 && image.references.length === 0;
  return {
    Id: image.id,
    ParentId: image.parentId ?? "",
    RepoTags: nameless ? ["<none>:<none>"] : image.references,
    RepoDigests: nameless && image.digests.length === 0 ? ["<none>@<none>"] : image.digests,
    Created: seconds(image.created),
    Size: image.size,
    SharedSize: use?.sharedBytes ?? -1,
    ...(version < 44 ? { VirtualSize: image.size } : {}),
    Labels: image.config.labels,
    Containers: use?.containers ?? -1,
  };
}

/** Docker's image.InspectResponse. */
export function imageInspect(image: Image, version: number) {
  return {
    Id: image.id,
    RepoTags: image.references,
    RepoDigests: image.digests,
    Parent: image.parentId ?? "",
    // Docker gave it up in 1.45, and with it docker-compose 1.29, which speaks whatever is the newest and looks here for
    // volumes when it makes a container anew.
    Container: "",
    ContainerConfig: imageConfigJson(image.config),
    Comment: image.comment,
    Created: image.created,
    DockerVersion: image.dockerVersion,
    Author: image.author,
    Config: imageConfigJson(image.config),
    Architecture: image.architecture,
    ...(image.variant ? { Variant: image.variant } : {}),
    Os: image.os,
    Size: image.size,
    ...(version < 44 ? { VirtualSize: image.size } : {}),
    GraphDriver: { Name: "overlay2", Data: null },
    RootFS: { Type: "layers", Layers: image.layers.map(({ diffId }) => diffId) },
    Metadata: { LastTagTime: image.taggedAt || never },
  };
}

const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length > 0 ? list : null);
const keys = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, {}]));

/** `Config` of an image, all of Docker's fields. */
function imageConfigJson(config: ImageRuntimeConfig) {
  return {
    Hostname: "",
    Domainname: "",
    User: config.user,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    ...(config.exposed.length > 0 ? { ExposedPorts: keys(config.exposed) } : {}),
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: orNull(config.env),
    Cmd: orNull(config.command),
    ...(config.healthcheck ? { Healthcheck: healthcheckJson(config.healthcheck) } : {}),
    Image: "",
    Volumes: config.volumes.length > 0 ? keys(config.volumes) : null,
    WorkingDir: config.workingDir,
    Entrypoint: orNull(config.entrypoint),
    OnBuild: orNull(config.onBuild),
    Labels: Object.keys(config.labels).length > 0 ? config.labels : null,
    ...(config.stopSignal ? { StopSignal: config.stopSignal } : {}),
    ...(config.shell.length > 0 ? { Shell: config.shell } : {}),
  };
}

/** Docker's image.HistoryResponseItem, the newest first; only the newest has an id and names. */
export function imageHistory(image: Image) {
  const sizes = image.layers.map(({ size }) => size);
  const items = image.history.map((one) => ({
    Id: "<missing>",
    Created: one.created ? seconds(one.created) : 0,
    CreatedBy: one.createdBy,
    Tags: null as readonly string[] | null,
    Size: one.emptyLayer ? 0 : (sizes.shift() ?? 0),
    Comment: one.comment,
  }));
  const last = items.pop() ?? { Created: seconds(image.created), CreatedBy: "", Size: image.size, Comment: "" };
  return [{ ...last, Id: image.id, Tags: orNull(image.references) }, ...items.reverse()];
}
