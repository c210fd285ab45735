import { canonicalReference, tryParseImageReference, withTag } from "../../model/image-reference.ts";

const prefix = "sha256:";

interface Named {
  readonly id: string;
  readonly reference?: string;
  readonly formerId?: string;
}

/** The id of the image that is meant, in Docker's order: a whole id, a name, the beginning of just one id. */
export function findImage(entries: readonly Named[], text: string): string | undefined {
  const whole = entries.find(({ id, formerId }) => [id, formerId].some((one) => one === text || one === prefix + text));
  if (whole) return whole.id;
  const parsed = tryParseImageReference(text);
  const name = parsed && canonicalReference(withTag(parsed));
  const named = name === undefined ? undefined : entries.find(({ reference }) => reference === name);
  if (named) return named.id;
  const ids = new Set(entries.map(({ id }) => id).filter((id) => matchesId(id, text)));
  return ids.size === 1 ? [...ids][0] : undefined;
}

/** Whether a text is an id or the beginning of one, with or without "sha256:". */
export const matchesId = (id: string, text: string): boolean => {
  const digits = text.startsWith(prefix) ? text.slice(prefix.length) : text;
  return /^[0-9a-f]{1,64}$/.test(digits) && id.startsWith(prefix + digits);
};
