import { Refusal } from "../../refusal.ts";
import { type Call, type Outcome, type Route, reply, route } from "../../route.ts";
import { sizedSummaries } from "../containers/summary-json.ts";
import { imageSummary } from "../images/image-json.ts";
import { volumeJson } from "../volumes/routes.ts";

/** Docker Engine API: SystemDataUsage. There is no build cache. */
export const diskUsageRoutes: readonly Route[] = [
  route({ method: "GET", path: "/system/df", summary: "What images, containers and volumes take up", handle: usage }),
  route({
    method: "POST",
    path: "/build/prune",
    summary: "Empty the build cache: `docker system prune` asks for it, too",
    body: "raw",
    handle: () => reply(200, { CachesDeleted: [], SpaceReclaimed: 0 }),
  }),
];

const known = ["container", "image", "volume", "build-cache"];

async function usage(call: Call): Promise<Outcome> {
  const types = call.query.texts("type");
  const wrong = types.find((type) => !known.includes(type));
  if (wrong !== undefined) throw new Refusal(400, `unknown object type: ${wrong}`);
  const wants = (type: string) => types.length === 0 || types.includes(type);
  return reply(200, {
    ...(wants("image") ? images(call) : {}),
    ...(wants("container") ? { Containers: await sizedSummaries(call, everyContainer(call)) } : {}),
    ...(wants("volume") ? { Volumes: await volumes(call) } : {}),
    ...(wants("build-cache") ? { BuildCache: [] } : {}),
    ...(call.version < 42 ? { BuilderSize: 0 } : {}),
  });
}

function images({ images: all, version }: Call) {
  const useOf = all.uses();
  const Images = all.list({}).map((image) => imageSummary(image, version, useOf(image)));
  return { LayersSize: all.layersBytes(), Images };
}

const everyContainer = ({ engine }: Call) => engine.containers.list({ all: true, filters: {} });

async function volumes({ engine }: Call) {
  const all = await engine.volumes.usage();
  return all.map((one) => ({ ...volumeJson(one), UsageData: { Size: one.size, RefCount: one.links } }));
}
