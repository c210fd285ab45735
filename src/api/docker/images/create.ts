import type { Readable } from "node:stream";
import { EngineError, invalid } from "../../../base/errors.ts";
import { referenceFrom } from "../../../engine/images/use-cases.ts";
import { type Call, type Outcome, reply } from "../../route.ts";

/** POST /images/create: `docker pull` (?fromImage=) and `docker import` (?fromSrc=-, the archive in the body). */
export async function createImage(call: Call): Promise<Outcome> {
  const { query } = call;
  const image = query.text("fromImage");
  if (image !== "") {
    throw new EngineError("NOT_SUPPORTED", {
      what: `pulling ${image} from a registry`,
      instead: "import a root file system with: docker import FILE NAME",
    });
  }
  return importImage(call);
}

async function importImage({ query, request, images }: Call): Promise<Outcome> {
  const source = query.text("fromSrc");
  if (source !== "-") throw invalid("fromSrc", `"${source}" is not "-": send the archive in the body`);
  const reference = referenceFrom(query.text("repo"), query.text("tag"));
  const body = request.body as Readable | undefined;
  if (!body) throw invalid("archive", "the body is empty");
  const words = { changes: query.texts("changes"), comment: query.text("message"), author: "" };
  const { id } = await images.import(body, { ...words, ...(reference ? { reference } : {}) });
  return reply(200, jsonLine({ status: id }), { "Content-Type": "application/json" });
}

/** A line of Docker's progress streams. */
export const jsonLine = (value: object): string => `${JSON.stringify(value)}\r\n`;
