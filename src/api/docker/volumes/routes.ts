import { type Static, Type } from "@sinclair/typebox";
import { EngineError } from "../../../base/errors.ts";
import type { VolumeView } from "../../../engine/volumes/use-cases.ts";
import { type Call, type Route, reply, route } from "../../route.ts";
import { field, text, textMap } from "../../schema.ts";

/** Docker's volume.CreateOptions. */
const createBody = Type.Object({
  Name: field(text),
  Driver: field(text),
  DriverOpts: field(textMap),
  Labels: field(textMap),
  ClusterVolumeSpec: Type.Optional(Type.Unknown()),
});

/** Docker's volume.Volume. Its UsageData is part of /system/df alone. */
export function volumeJson({ volume, mountpoint }: VolumeView) {
  return {
    CreatedAt: volume.created.replace(/\.\d+Z$/, "Z"),
    Driver: volume.driver,
    Labels: volume.labels ?? null,
    Mountpoint: mountpoint,
    Name: volume.name,
    Options: volume.options ?? null,
    Scope: "local",
  };
}

const nameOf = (call: Call<unknown>): string => call.params["name"] ?? "";

/** Docker Engine API: Volume. */
export const volumeRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/volumes",
    summary: "List volumes",
    handle({ engine, query }) {
      const filters = query.filters(["dangling", "driver", "label", "label!", "name"]);
      return reply(200, { Volumes: engine.volumes.list(filters).map(volumeJson), Warnings: null });
    },
  }),
  route({
    method: "POST",
    path: "/volumes/create",
    summary: "Create a volume",
    action: "volume_create",
    body: createBody,
    handle: create,
  }),
  route({
    method: "GET",
    path: "/volumes/:name",
    summary: "Inspect a volume",
    handle: (call) => reply(200, volumeJson(call.engine.volumes.inspect(nameOf(call)))),
  }),
  route({
    method: "PUT",
    path: "/volumes/:name",
    summary: "Not offered: changing a cluster volume",
    body: "raw",
    handle() {
      throw new EngineError("NOT_SUPPORTED", {
        what: "volume update",
        instead: "it is for cluster volumes, which a swarm has; remove the volume and create it anew",
      });
    },
  }),
  route({
    method: "DELETE",
    path: "/volumes/:name",
    summary: "Remove a volume",
    action: "volume_remove",
    async handle(call) {
      await call.engine.volumes.remove(nameOf(call), { force: call.query.flag("force") });
      return reply(204);
    },
  }),
  route({
    method: "POST",
    path: "/volumes/prune",
    summary: "Remove unused volumes",
    bodyOptional: true,
    handle: prune,
  }),
];

async function create({ engine, body }: Call<Static<typeof createBody>>) {
  if (body.ClusterVolumeSpec) {
    throw new EngineError("NOT_SUPPORTED", {
      what: "a cluster volume",
      instead: "this daemon is no member of a swarm; leave out the options that are for cluster volumes",
    });
  }
  const view = await engine.volumes.create({
    name: body.Name ?? "",
    driver: body.Driver ?? "",
    ...(body.Labels ? { labels: body.Labels } : {}),
    ...(body.DriverOpts ? { options: body.DriverOpts } : {}),
  });
  return reply(201, volumeJson(view));
}

/** Before API 1.42, named volumes were pruned as well. */
async function prune({ engine, query, version }: Call) {
  const filters = query.filters(["label", "label!", "all"]);
  const { removed, reclaimed } = await engine.volumes.prune(version < 42 ? { ...filters, all: ["true"] } : filters);
  return reply(200, { VolumesDeleted: removed, SpaceReclaimed: reclaimed });
}
