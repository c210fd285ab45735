/** A link as a client says it, "db:store" or "db", or as Docker shows it, "/db:/web/store". */
export interface LinkText {
  /** Name or id of the container that it leads to. */
  readonly reference: string;
  readonly alias: string;
}

/** Takes either form apart. */
export function parseLink(text: string): LinkText {
  const [reference = "", alias = reference] = text.replace(/^\//, "").split(":");
  return { reference, alias: alias.split("/").at(-1) ?? alias };
}
