import type { Readable } from "node:stream";
import { invalid } from "../../../base/errors.ts";
import { type Call, type Outcome, reply } from "../../route.ts";
import { jsonLine } from "./progress.ts";

/** POST /images/load: `docker load`, an archive of images in the body. */
export async function loadImages({ request, images }: Call): Promise<Outcome> {
  const body = request.body as Readable | undefined;
  if (!body) throw invalid("image archive", "the body is empty");
  const loaded = await images.load(body);
  const lines = loaded.flatMap(({ id, references }) =>
    references.length > 0 ? references.map((name) => `Loaded image: ${name}`) : [`Loaded image ID: ${id}`],
  );
  const body200 = lines.map((line) => jsonLine({ stream: `${line}\n` })).join("");
  return reply(200, body200, { "Content-Type": "application/json" });
}
