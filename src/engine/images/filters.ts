import { matchesGlob } from "node:path";
import { createdMs, type Image } from "../../model/image.ts";
import { parseImageReference, tryParseImageReference } from "../../model/image-reference.ts";
import type { Filters } from "../engine.ts";
import { hasLabel, momentOf, oneOf } from "../filter-values.ts";
import type { ImageParts } from "./use-cases.ts";

type Matcher = (image: Image) => boolean;

/** Docker's filters of images: values of one key are alternatives, keys must all match. */
export function imageMatcher({ images }: Pick<ImageParts, "images">, filters: Filters): Matcher {
  const makers: Readonly<Record<string, (value: string) => Matcher>> = {
    before: (value) => {
      const created = createdMs(images.find(value));
      return (image) => createdMs(image) < created;
    },
    since: (value) => {
      const created = createdMs(images.find(value));
      return (image) => createdMs(image) > created;
    },
    dangling: (value) => {
      const wanted = ["true", "1"].includes(oneOf("dangling", value, ["true", "false", "1", "0"]));
      return (image) => isDangling(image) === wanted;
    },
    label: (value) => (image) => hasLabel(image.config.labels, value),
    "label!": (value) => (image) => !hasLabel(image.config.labels, value),
    reference: (value) => (image) => [...image.references, ...image.digests].some((name) => matchesName(name, value)),
    until: (value) => {
      const moment = Date.parse(momentOf(value));
      return (image) => createdMs(image) < moment;
    },
  };
  // As in Docker: labels must all be there, and of several moments the narrowest counts; of the others one must match.
  const matchers = Object.entries(filters).map(([key, values]): Matcher => {
    const each = values.map((value) => makers[key]?.(value) ?? (() => false));
    const all = ["label", "label!", "before", "since", "until"].includes(key);
    return (image) =>
      each.length === 0 || (all ? each.every((match) => match(image)) : each.some((match) => match(image)));
  });
  return (image) => matchers.every((matches) => matches(image));
}

/** With a `reference` filter an image is shown by the names that match alone. */
export function withMatchingNames(image: Image, { reference = [] }: Filters): Image {
  if (reference.length === 0) return image;
  const matches = (name: string) => reference.some((pattern) => matchesName(name, pattern));
  return { ...image, references: image.references.filter(matches), digests: image.digests.filter(matches) };
}

/** Without any tag. */
export const isDangling = ({ references }: Image): boolean => references.length === 0;

/** A pattern of path.Match, on the repository or on the whole name; what is a name itself is normalised. */
function matchesName(name: string, pattern: string): boolean {
  const { domain, path, tag } = parseImageReference(name);
  const parsed = tryParseImageReference(pattern);
  if (parsed) {
    const same = parsed.domain === domain && parsed.path === path;
    return (
      same &&
      (parsed.tag === undefined || parsed.tag === tag) &&
      (parsed.digest === undefined || name.endsWith(parsed.digest))
    );
  }
  const repository = name.replace(/@.*$/s, "").replace(/:[^:/]*$/, "");
  return [name, repository].some((text) => matchesGlob(text, pattern));
}
