import { Readable } from "node:stream";
import { EngineError } from "../../../base/errors.ts";
import type { PathChange, PathStat } from "../../../contracts/archive.ts";
import { type Call, type Outcome, type Route, reply, route } from "../../route.ts";
import { sendStream } from "../../stream.ts";
import { containerOf } from "./routes.ts";

/** ?path=, which all of them need. */
function pathOf(call: Call<unknown>): string {
  const path = call.query.text("path");
  if (path === "") throw new EngineError("FILE_REFUSED", { why: "bad parameter: path cannot be empty" });
  return path;
}

/** JSON in base64, since it is a header. */
const statHeader = (stat: PathStat) => ({
  "X-Docker-Container-Path-Stat": Buffer.from(JSON.stringify(stat)).toString("base64"),
});

/** Docker's numbers of archive.ChangeType. */
const kinds: Readonly<Record<PathChange["kind"], number>> = { changed: 0, added: 1, deleted: 2 };

/** Docker Engine API: ContainerArchive, ContainerArchiveInfo, PutContainerArchive, ContainerExport, ContainerChanges. */
export const archiveRoutes: readonly Route[] = [
  route({
    method: "HEAD",
    path: "/containers/:id/archive",
    summary: "Look at a file of a container",
    async handle(call) {
      return reply(200, undefined, statHeader(await call.engine.archive.stat(containerOf(call), pathOf(call))));
    },
  }),
  route({ method: "GET", path: "/containers/:id/archive", summary: "Copy files out of a container", handle: read }),
  route({
    method: "PUT",
    path: "/containers/:id/archive",
    summary: "Copy files into a container",
    action: "container_archive",
    body: "raw",
    handle: write,
  }),
  route({
    method: "GET",
    path: "/containers/:id/export",
    summary: "Export a container's root as an archive",
    async handle(call) {
      const { archive } = await call.engine.archive.export(containerOf(call));
      return sendArchive(call, archive, "application/octet-stream");
    },
  }),
  route({
    method: "GET",
    path: "/containers/:id/changes",
    summary: "What a container has changed of its root",
    async handle(call) {
      const changes = await call.engine.archive.changes(containerOf(call));
      // Go's encoder makes null of a list that nothing was added to.
      return reply(
        200,
        changes.length > 0 ? changes.map(({ path, kind }) => ({ Path: path, Kind: kinds[kind] })) : null,
      );
    },
  }),
];

async function read(call: Call): Promise<Outcome> {
  const { stat, archive } = await call.engine.archive.read(containerOf(call), pathOf(call));
  void call.reply.headers(statHeader(stat));
  return sendArchive(call, archive, "application/x-tar");
}

function sendArchive(call: Call, archive: Readable, contentType: string): Promise<Outcome> {
  return sendStream(call, contentType, archive as AsyncIterable<Uint8Array>);
}

async function write(call: Call) {
  const path = pathOf(call);
  // No body at all is an archive of nothing: the path is looked at all the same.
  const body = (call.request.body as Readable | undefined) ?? Readable.from([]);
  await call.engine.archive.write(containerOf(call), path, body, {
    noOverwriteDirNonDir: call.query.flag("noOverwriteDirNonDir"),
    toUser: call.query.flag("copyUIDGID"),
  });
  return reply(200);
}
