import { referenceFrom } from "../../../engine/images/use-cases.ts";
import { familiarReference, familiarRepository, parseImageReference } from "../../../model/image-reference.ts";
import type { Call, Outcome } from "../../route.ts";
import { progressLine, streamProgress } from "./progress.ts";
import { credentialsOf } from "./registry-auth.ts";

/** `docker pull`: ?fromImage= and ?tag=, which may be a digest; without a tag all of the repository's. */
export function pullImages(call: Call): Promise<Outcome> {
  const { query, images, signal } = call;
  const [name, tag] = [query.text("fromImage"), query.text("tag")];
  const parsed = parseImageReference(name);
  const all = tag === "" && parsed.tag === undefined && parsed.digest === undefined;
  const access = { credentials: credentialsOf(call), signal };
  return streamProgress(call, async (say) => {
    const references = all
      ? (await images.tagsOf(parsed, access)).map((one) => ({ ...parsed, tag: one }))
      : [referenceFrom(name, tag) ?? parsed];
    let changed = false;
    for (const reference of references) {
      const pulled = await images.pull(reference, {
        ...access,
        platform: query.text("platform"),
        onProgress: (progress) =>
          say(
            progress.status.startsWith("Pulling from ")
              ? { status: progress.status, id: progress.id }
              : progressLine(progress),
          ),
      });
      changed ||= pulled.changed;
      say({ status: `Digest: ${pulled.digest}` });
    }
    const shown = all ? familiarRepository(parsed) : familiarReference(references[0] ?? parsed);
    say({ status: `Status: ${changed ? "Downloaded newer image" : "Image is up to date"} for ${shown}` });
  });
}
