import { invalid } from "../../../base/errors.ts";
import type { Call, Outcome } from "../../route.ts";
import { sendStream } from "../../stream.ts";
import { platformQuery } from "./platform-query.ts";

/** `docker save`: one archive of all that is named. What is missing is a 404 before anything is sent. */
export function saveImages(call: Call, names: readonly string[]): Promise<Outcome> {
  if (names.length === 0) throw invalid("names", "name at least one image");
  return sendStream(call, "application/x-tar", call.images.save(names, platformQuery(call, 48)));
}
