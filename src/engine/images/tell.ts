import type { EventHub } from "../events.ts";

type Action = "delete" | "import" | "load" | "pull" | "push" | "save" | "tag" | "untag";

/** An image event with Docker's attributes: `id` is that of the image, or of pull and push the name. */
export function tellImage(
  events: EventHub,
  action: Action,
  { id, name, labels = {} }: { id: string; name: string; labels?: Readonly<Record<string, string>> },
): void {
  events.emit("image", action, { id, attributes: { ...labels, name } });
}
