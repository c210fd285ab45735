/** A container's own name, of what a list says: "/web". Those of containers that link to it have two parts: "/linker/alias". */
export const ownName = (names: readonly string[]): string | undefined =>
  names.find((name) => name.lastIndexOf("/") <= 0)?.replace(/^\//, "");
