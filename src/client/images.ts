import { readJsonLines } from "./json-lines.ts";
import { orNothing } from "./networks.ts";
import type { Transport } from "./transport.ts";
import type { Filters, ImageSummary } from "./types.ts";

/** Image routes of the Docker Engine API, as far as imported root file systems go. */
export class Images {
  readonly #transport: Transport;
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(filters: Filters = {}): Promise<ImageSummary[]> {
    return this.#transport.json({ method: "GET", path: "/images/json", query: { filters: orNothing(filters) } });
  }

  inspect(name: string): Promise<object> {
    return this.#transport.json({ method: "GET", path: `${path(name)}/json` });
  }

  remove(name: string): Promise<{ Untagged?: string; Deleted?: string }[]> {
    return this.#transport.json({ method: "DELETE", path: path(name) });
  }

  /** Sends an archive; returns the id of the image. The daemon's answer is a stream, so a failure comes in its body. */
  async import(reference: string, archive: AsyncIterable<Uint8Array>): Promise<string> {
    const { repo, tag } = splitReference(reference);
    const { body } = await this.#transport.send({
      method: "POST",
      path: "/images/create",
      query: { fromSrc: "-", repo, tag: tag || undefined },
      upload: archive,
    });
    let id = "";
    for await (const line of readJsonLines<{ status?: string; error?: string }>(body)) {
      if (line.error) throw new Error(line.error);
      id = line.status ?? id;
    }
    return id;
  }
}

/** "registry:5000/name:tag": a colon before the last slash belongs to the registry. */
export function splitReference(reference: string): { repo: string; tag: string } {
  const colon = reference.lastIndexOf(":");
  if (colon <= reference.lastIndexOf("/")) return { repo: reference, tag: "" };
  return { repo: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

// Names have slashes, which the route takes as they are.
const path = (name: string): string => `/images/${name.split("/").map(encodeURIComponent).join("/")}`;
