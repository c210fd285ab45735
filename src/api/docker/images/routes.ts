import { EngineError, invalid } from "../../../base/errors.ts";
import type { RemovedImage } from "../../../engine/images/remove.ts";
import { referenceFrom } from "../../../engine/images/use-cases.ts";
import { familiarRepository } from "../../../model/image-reference.ts";
import { Refusal } from "../../refusal.ts";
import { type Call, type Outcome, type Route, reply, route } from "../../route.ts";
import { createImage } from "./create.ts";
import { imageHistory, imageInspect, imageSummary } from "./image-json.ts";
import { loadImages } from "./load.ts";
import { platformQuery } from "./platform-query.ts";
import { pushImages } from "./push.ts";
import { saveImages } from "./save.ts";

const listFilters = ["before", "dangling", "label", "reference", "since", "until"];
const pruneFilters = ["dangling", "label", "label!", "until"];

/** Docker Engine API: Image. Wildcards, since image names have slashes. */
export const imageRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/images/json",
    summary: "List images",
    handle({ images, query, version }) {
      const useOf = query.flag("shared-size") ? images.uses() : undefined;
      const shown = images.list(query.filters(listFilters));
      return reply(
        200,
        shown.map((image) => imageSummary(image, version, useOf?.(image))),
      );
    },
  }),
  route({
    method: "POST",
    path: "/images/create",
    summary: "Pull an image, or import one from a root-file-system archive",
    action: "image_create",
    body: "raw",
    handle: createImage,
  }),
  route({
    method: "POST",
    path: "/images/load",
    summary: "Load images from an archive",
    action: "image_load",
    body: "raw",
    handle: loadImages,
  }),
  route({ method: "POST", path: "/images/prune", summary: "Remove unused images", handle: prune }),
  route({
    method: "GET",
    path: "/images/search",
    summary: "Not offered: searching a registry",
    handle() {
      throw new EngineError("NOT_SUPPORTED", {
        what: "searching a registry",
        instead: "search at its web site, such as hub.docker.com, then pull by name",
      });
    },
  }),
  route({
    method: "GET",
    path: "/images/get",
    summary: "Save images into an archive",
    handle: (call) => saveImages(call, call.query.texts("names")),
  }),
  route({ method: "GET", path: "/images/*", summary: "Inspect an image, show its history", handle: look }),
  route({
    method: "POST",
    path: "/images/*",
    summary: "Tag an image, or push it to its registry",
    body: "raw",
    handle: change,
  }),
  route({
    method: "DELETE",
    path: "/images/*",
    summary: "Remove an image",
    async handle({ images, query, params }) {
      if ((params["*"] ?? "").trim() === "") throw new Refusal(400, "image name cannot be blank");
      if (query.has("platforms"))
        throw new EngineError("NOT_SUPPORTED", {
          what: "removing one platform of an image",
          instead: "an image here is of one platform: remove it by its name",
        });
      return reply(200, removedJson(await images.remove(params["*"] ?? "", { force: query.flag("force") })));
    },
  }),
];

const removedJson = (removed: readonly RemovedImage[]) =>
  removed.map((one) => ("untagged" in one ? { Untagged: one.untagged } : { Deleted: one.deleted }));

/** "team/app:1/json" is the verb json of team/app:1. */
function nameAndVerb({ params }: Call): [name: string, verb: string] {
  const [, name = "", verb = ""] = /^(.*)\/([^/]+)$/s.exec(params["*"] ?? "") ?? [];
  return [name, verb];
}

function look(call: Call): Outcome | Promise<Outcome> {
  const [name, verb] = nameAndVerb(call);
  if (verb === "get") return saveImages(call, [name]);
  const { images, version } = call;
  if (verb === "json") return reply(200, imageInspect(images.find(name, platformQuery(call, 49)), version));
  if (verb === "history") return reply(200, imageHistory(images.find(name, platformQuery(call, 48))));
  throw notOffered(call);
}

async function change(call: Call): Promise<Outcome> {
  const [name, verb] = nameAndVerb(call);
  const { images, query } = call;
  if (verb === "push") return pushImages(call, name);
  if (verb !== "tag") throw notOffered(call);
  const target = referenceFrom(query.text("repo"), query.text("tag"));
  if (!target) throw invalid("repo", "it is empty; a tag needs a name");
  if (target.digest) throw invalid("reference format", "refusing to create a tag with a digest reference");
  if (familiarRepository(target) === "sha256")
    throw invalid("reference format", "refusing to create an ambiguous tag using digest algorithm as name");
  images.tag(name, target);
  return reply(201);
}

const notOffered = ({ params }: Call) =>
  new EngineError("NOT_SUPPORTED", {
    what: `images/${params["*"]}`,
    instead: "see docs/reference for the routes there are",
  });

async function prune({ images, query }: Call): Promise<Outcome> {
  const { removed, reclaimedBytes } = await images.prune(query.filters(pruneFilters));
  return reply(200, {
    ImagesDeleted: removed.length > 0 ? removedJson(removed) : null,
    SpaceReclaimed: reclaimedBytes,
  });
}
