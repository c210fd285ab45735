import type { Readable } from "node:stream";
import { invalid } from "../../../base/errors.ts";
import type { Platform } from "../../../model/platform.ts";
import type { Call, Outcome } from "../../route.ts";
import { platformQuery } from "./platform-query.ts";
import { failureLine, jsonLines } from "./progress.ts";

/**
 * POST /images/load: `docker load`, an archive of images in the body. What fails is told in the answer, whose status is
 * 200 all the same, as in Docker: docker-py looks for it there.
 */
export async function loadImages(call: Call): Promise<Outcome> {
  const platform = platformQuery(call, 48);
  return jsonLines(await load(call, platform).catch((error: unknown) => [failureLine(call, error)]));
}

async function load({ request, images }: Call, platform: Platform | undefined): Promise<object[]> {
  const body = request.body as Readable | undefined;
  if (!body) throw invalid("image archive", "the body is empty");
  const loaded = await images.load(body, platform);
  const lines = loaded.flatMap(({ id, references }) =>
    references.length > 0 ? references.map((name) => `Loaded image: ${name}`) : [`Loaded image ID: ${id}`],
  );
  return lines.map((line) => ({ stream: `${line}\n` }));
}
