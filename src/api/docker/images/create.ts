import type { Readable } from "node:stream";
import { EngineError, invalid } from "../../../base/errors.ts";
import { referenceFrom } from "../../../engine/images/use-cases.ts";
import { type Platform, parsePlatform } from "../../../model/platform.ts";
import type { Call, Outcome } from "../../route.ts";
import { jsonLines } from "./progress.ts";
import { pullImages } from "./pull.ts";

/** POST /images/create: `docker pull` (?fromImage=) and `docker import` (?fromSrc=-, the archive in the body). */
export async function createImage(call: Call): Promise<Outcome> {
  return call.query.text("fromImage") === "" ? importImage(call) : pullImages(call);
}

async function importImage({ query, request, images }: Call): Promise<Outcome> {
  const source = query.text("fromSrc");
  if (source === "") throw invalid("fromSrc", 'it is empty; "-" and the archive in the body, or fromImage to pull');
  if (source !== "-") {
    const what = `importing from "${source}"`;
    throw new EngineError("NOT_SUPPORTED", { what, instead: "fetch it yourself: curl URL | docker import - NAME" });
  }
  const reference = referenceFrom(query.text("repo"), query.text("tag"));
  const body = request.body as Readable | undefined;
  if (!body) throw invalid("archive", "the body is empty");
  const platform = query.text("platform");
  const { id } = await images.import(body, {
    changes: query.texts("changes"),
    comment: query.text("message"),
    author: "",
    ...(platform === "" ? {} : { platform: importedFor(platform) }),
    ...(reference ? { reference } : {}),
  });
  return jsonLines([{ status: id }]);
}

function importedFor(text: string): Platform {
  const platform = parsePlatform(text);
  if (platform.os !== "linux") throw invalid("platform", `operating system is not supported: ${platform.os}`);
  return platform;
}
