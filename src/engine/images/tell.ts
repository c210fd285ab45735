import { EngineError } from "../../base/errors.ts";
import type { Images } from "../../contracts/images.ts";
import type { EventHub } from "../events.ts";

type Action = "delete" | "import" | "load" | "pull" | "push" | "save" | "tag" | "untag";

interface Told {
  /** Of the image. */
  readonly id: string;
  /** Of pull and push: what the event has in the place of the id. */
  readonly actor?: string;
  /** Of the events that are about a name; otherwise Docker says the id. */
  readonly name?: string;
}

/** An image event with Docker's attributes: the image's labels, then the name (moby, daemon/images/image_events.go). */
export function tellImage(
  { images, events }: { readonly images: Pick<Images, "find">; readonly events: EventHub },
  action: Action,
  { id, actor = id, name = id }: Told,
): void {
  events.emit("image", action, { id: actor, attributes: { ...labelsOf(images, id), name } });
}

/** None when the image has gone, as at its delete, or meanwhile. */
function labelsOf(images: Pick<Images, "find">, id: string): Readonly<Record<string, string>> {
  try {
    return images.find(id).config.labels;
  } catch (error) {
    if (error instanceof EngineError && error.code === "IMAGE_NOT_FOUND") return {};
    throw error;
  }
}
