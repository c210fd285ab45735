import type { SavedImage } from "../../contracts/images.ts";
import {
  canonicalReference,
  type ImageReference,
  parseImageReference,
  repositoryOf,
  tryParseImageReference,
  withTag,
} from "../../model/image-reference.ts";
import type { ImageParts } from "./use-cases.ts";

/** What `docker save` is to pack: a name with its image, a repository with all its tags, an id without a name. */
export function imagesToSave({ images }: Pick<ImageParts, "images">, texts: readonly string[]): SavedImage[] {
  const wanted = new Map<string, Map<string, ImageReference>>();
  const want = (id: string, references: readonly ImageReference[]) => {
    const names = wanted.get(id) ?? new Map<string, ImageReference>();
    for (const one of references) names.set(canonicalReference(one), one);
    wanted.set(id, names);
  };
  for (const text of texts) {
    const parsed = tryParseImageReference(text);
    const known = images
      .list()
      .flatMap(({ id, references }) => references.map((name) => ({ id, reference: parseImageReference(name) })));
    const bare = parsed && parsed.tag === undefined && parsed.digest === undefined;
    const repository = bare ? known.filter(({ reference }) => repositoryOf(reference) === repositoryOf(parsed)) : [];
    for (const { id, reference } of repository) want(id, [reference]);
    if (repository.length > 0) continue;
    const image = images.find(text);
    const named = parsed && image.references.map(parseImageReference).find((one) => same(one, withTag(parsed)));
    want(image.id, named ? [named] : []);
  }
  return [...wanted].map(([id, names]) => ({ id, references: [...names.values()] }));
}

const same = (left: ImageReference, right: ImageReference): boolean =>
  canonicalReference(left) === canonicalReference(right);
