import type { Readable } from "node:stream";
import { invalid } from "../../../base/errors.ts";
import type { Call, Outcome } from "../../route.ts";
import { platformQuery } from "./platform-query.ts";
import { jsonLines } from "./progress.ts";

/** POST /images/load: `docker load`, an archive of images in the body. */
export async function loadImages(call: Call): Promise<Outcome> {
  const { request, images } = call;
  const platform = platformQuery(call, 48);
  const body = request.body as Readable | undefined;
  if (!body) throw invalid("image archive", "the body is empty");
  const loaded = await images.load(body, platform);
  const lines = loaded.flatMap(({ id, references }) =>
    references.length > 0 ? references.map((name) => `Loaded image: ${name}`) : [`Loaded image ID: ${id}`],
  );
  return jsonLines(lines.map((line) => ({ stream: `${line}\n` })));
}
