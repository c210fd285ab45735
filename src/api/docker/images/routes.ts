import type { Readable } from "node:stream";
import { EngineError, invalid } from "../../../base/errors.ts";
import type { Image } from "../../../contracts/runtime.ts";
import { type Call, type Route, reply, route } from "../../route.ts";
import { sendStream } from "../../stream.ts";

/** Docker Engine API: Image, as far as imported root file systems go. */
export const imageRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/images/json",
    summary: "List images",
    handle({ images, query }) {
      const filters = query.filters(["before", "dangling", "label", "reference", "since", "until"]);
      const wanted = filters["reference"] ?? [];
      const shown = images
        .list()
        .filter((image) => wanted.length === 0 || wanted.some((one) => hasReference(image, one)));
      return reply(200, shown.map(imageSummary));
    },
  }),
  route({
    method: "POST",
    path: "/images/create",
    summary: "Import an image from a root-file-system archive",
    action: "image_import",
    body: "raw",
    handle: create,
  }),
  // A wildcard, since image names have slashes.
  route({
    method: "GET",
    path: "/images/*",
    summary: "Inspect an image",
    handle({ images, params }) {
      const [, name, verb] = /^(.*)\/([^/]+)$/s.exec(params["*"] ?? "") ?? [];
      if (name && verb === "json") return reply(200, imageInspect(images.find(name)));
      throw new EngineError("NOT_SUPPORTED", {
        what: `images/${params["*"]}`,
        instead: "images are imported from archives, listed, inspected and removed",
      });
    },
  }),
  route({
    method: "DELETE",
    path: "/images/*",
    summary: "Remove an image",
    async handle({ images, engine, params }) {
      refuseInUse(engine, images.find(params["*"] ?? ""));
      const { untagged, deleted } = await images.remove(params["*"] ?? "");
      return reply(200, [...untagged.map((one) => ({ Untagged: one })), ...deleted.map((one) => ({ Deleted: one }))]);
    },
  }),
];

/** A container's root lies on its image: the last name of one goes only when nobody needs it, running or not. */
function refuseInUse({ containers }: Call["engine"], image: Image): void {
  if (image.references.length > 1) return;
  const user = containers.list({ all: true, filters: {} }).find(({ container: { config } }) => {
    return config.rootfs.kind === "image" && config.rootfs.imageId === image.id;
  });
  if (user)
    throw new EngineError("IMAGE_IN_USE", { image: image.references[0] ?? image.id, container: user.container.name });
}

function hasReference(image: Image, reference: string): boolean {
  return image.references.some(
    (one) => one === reference || one === `${reference}:latest` || one.split(":")[0] === reference,
  );
}

/** `docker import`: ?fromSrc=-, the archive in the body. Pulling from a registry is not offered. */
function create(call: Call) {
  const { query, request, images } = call;
  const [source, repository, tag] = [query.text("fromSrc"), query.text("repo"), query.text("tag")];
  if (query.text("fromImage") !== "") {
    const image = [query.text("fromImage"), tag].filter(Boolean).join(":");
    throw new EngineError("NOT_SUPPORTED", {
      what: `pulling ${image} from a registry`,
      instead: "import a root file system with: docker import FILE NAME",
    });
  }
  if (source !== "-") throw invalid("fromSrc", `"${source}" is not "-": send the archive in the body`);
  if (repository === "") throw invalid("repo", "it is empty; an image needs a name");
  const reference = tag === "" ? repository : `${repository}:${tag}`;
  const body = request.body as Readable | undefined;
  if (!body) throw invalid("archive", "the body is empty");
  const image = images.import(body, reference); // a bad name is refused here, with a status
  image.catch(() => undefined); // told in the stream
  return sendStream(call, "application/json", importProgress(image));
}

/** Docker's progress stream: the id at the end, or the reason, since the status has been sent by then. */
async function* importProgress(image: Promise<Image>): AsyncGenerator<string> {
  try {
    const { id } = await image;
    yield `${JSON.stringify({ status: id })}\r\n`;
  } catch (error) {
    const { message } = error as Error;
    yield `${JSON.stringify({ errorDetail: { message }, error: message })}\r\n`;
  }
}

function imageSummary(image: Image) {
  return {
    Id: image.id,
    ParentId: "",
    RepoTags: image.references,
    RepoDigests: [],
    Created: Math.floor(Date.parse(image.created) / 1000),
    Size: image.size,
    SharedSize: -1,
    Labels: null,
    Containers: -1,
  };
}

function imageInspect(image: Image) {
  return {
    Id: image.id,
    RepoTags: image.references,
    RepoDigests: [],
    Parent: "",
    Comment: "Imported",
    Created: image.created,
    DockerVersion: "",
    Author: "",
    Config: { Env: null, Cmd: null, Entrypoint: null, Labels: null, WorkingDir: "", User: "" },
    Architecture: goArchitecture(process.arch),
    Os: "linux",
    Size: image.size,
    GraphDriver: { Name: "overlay2", Data: null },
    RootFS: { Type: "layers", Layers: [image.id] },
    Metadata: { LastTagTime: image.created },
  };
}

/** Go's names of architectures, which Docker uses. */
export const goArchitecture = (arch: string): string => ({ x64: "amd64", ia32: "386" })[arch] ?? arch;
