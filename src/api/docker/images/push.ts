import { EngineError, invalid } from "../../../base/errors.ts";
import { referenceFrom } from "../../../engine/images/use-cases.ts";
import {
  familiarReference,
  familiarRepository,
  parseImageReference,
  repositoryOf,
  withTag,
} from "../../../model/image-reference.ts";
import type { Call, Outcome } from "../../route.ts";
import { platformQuery } from "./platform-query.ts";
import { progressLine, streamProgress } from "./progress.ts";
import { credentialsOf } from "./registry-auth.ts";

/** POST /images/{name}/push: one tag, or without one all of the name's. */
export function pushImages(call: Call, name: string): Promise<Outcome> {
  const { query, images, signal } = call;
  const reference = query.text("tag") ? referenceFrom(name, query.text("tag")) : parseImageReference(name);
  if (!reference) throw invalid("reference format", "the name is empty");
  if (reference.digest) throw invalid("reference format", "cannot push a digest reference");
  const credentials = credentialsOf(call);
  const platform = platformQuery(call, 46);
  if (platform) images.find(familiarReference(withTag(reference)), platform);
  return streamProgress(call, async (say) => {
    say({ status: `The push refers to repository [${repositoryOf(reference)}]` });
    const shown = familiarRepository(reference);
    const known = images.namesOf(reference);
    if (known.length === 0) throw missing(`An image does not exist locally with the tag: ${shown}`);
    const wanted = reference.tag === undefined ? known : known.filter(({ tag }) => tag === reference.tag);
    if (wanted.length === 0) throw missing(`tag does not exist: ${shown}:${reference.tag}`);
    for (const one of wanted) {
      const onProgress = (progress: Parameters<typeof progressLine>[0]) => say(progressLine(progress));
      const { digest, size } = await images.push(one, { credentials, signal, onProgress });
      say({ status: `${one.tag}: digest: ${digest} size: ${size}` });
      say({ progressDetail: {}, aux: { Tag: one.tag, Digest: digest, Size: size } });
    }
  });
}

const missing = (why: string) => new EngineError("REGISTRY_NOT_FOUND", { why });
