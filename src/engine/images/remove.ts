import { EngineError } from "../../base/errors.ts";
import { shortId } from "../../base/ids.ts";
import type { Image } from "../../model/image.ts";
import {
  familiarReference,
  familiarRepository,
  type ImageReference,
  parseImageReference,
  tryParseImageReference,
  withTag,
} from "../../model/image-reference.ts";
import { tellImage } from "./tell.ts";
import { usersOf } from "./use.ts";
import type { ImageParts } from "./use-cases.ts";

/** One line of what a removal did. */
export type RemovedImage = { readonly untagged: string } | { readonly deleted: string };

/**
 * Docker's rules (moby, daemon/images/image_delete.go): a name is taken away, and the image goes with its last one; an id
 * takes all names if they are of one repository. What a container lies on goes by force only, under a running one never.
 */
export async function removeImage(
  parts: ImageParts,
  reference: string,
  { force }: { readonly force: boolean },
): Promise<RemovedImage[]> {
  const image = parts.images.find(reference);
  const named = nameIn(image, reference);
  if (!named) return removeById(parts, image, force);
  if (!force && isSingle(image)) refuseReferenceInUse(parts, image, reference);
  const removed = [untag(parts, image, named)];
  const left = parts.images.find(image.id);
  const digests = left.digests.map(parseImageReference).filter((one) => sameRepository(one, named));
  const tagged = left.references.map(parseImageReference).some((one) => sameRepository(one, named));
  // Digests of a repository stay only as long as it has a tag.
  if (!tagged && named.digest === undefined) for (const one of digests) removed.push(untag(parts, image, one));
  const now = parts.images.find(image.id);
  if (now.references.length + now.digests.length > 0) return removed;
  const conflict = conflictOf(parts, now, force);
  return conflict ? removed : [...removed, ...(await remove(parts, now))];
}

async function removeById(parts: ImageParts, image: Image, force: boolean): Promise<RemovedImage[]> {
  const conflict = conflictOf(parts, image, force);
  if (conflict) throw conflict;
  if (!force && !isSingle(image)) {
    const why = "(must be forced) - image is referenced in multiple repositories";
    throw new EngineError("IMAGE_CONFLICT", { image: short(image), why });
  }
  const names = [...image.references, ...image.digests].map(parseImageReference);
  return [...names.map((name) => untag(parts, image, name)), ...(await remove(parts, image))];
}

/** Takes the image itself away; its files stay while containers lie on them. */
async function remove(parts: ImageParts, image: Image): Promise<RemovedImage[]> {
  const chains = await parts.images.remove(image.id, { keepFiles: usersOf(parts, image).length > 0 });
  tellImage(parts, "delete", { id: image.id });
  return [image.id, ...chains].map((deleted) => ({ deleted }));
}

function untag(parts: ImageParts, { id }: Image, reference: ImageReference): RemovedImage {
  parts.images.untag(reference);
  tellImage(parts, "untag", { id });
  return { untagged: familiarReference(reference) };
}

/** The name of the image that was meant; undefined when it was its id. */
function nameIn(image: Image, text: string): ImageReference | undefined {
  const parsed = tryParseImageReference(text);
  const wanted = parsed && withTag(parsed);
  if (!wanted || ![...image.references, ...image.digests].includes(familiarReference(wanted))) return undefined;
  return { ...wanted };
}

const sameRepository = (left: ImageReference, right: ImageReference): boolean =>
  familiarRepository(left) === familiarRepository(right);

/** At most one tag, and all names of one repository. */
export function isSingle({ references, digests }: Image): boolean {
  const repositories = new Set(
    [...references, ...digests].map((name) => familiarRepository(parseImageReference(name))),
  );
  return references.length <= 1 && repositories.size <= 1;
}

function refuseReferenceInUse(parts: ImageParts, image: Image, reference: string): void {
  const [user] = usersOf(parts, image);
  if (!user) return;
  const why = `(must force) - container ${shortId(user.id)} is using its referenced image ${short(image)}`;
  throw new EngineError("IMAGE_NAME_IN_USE", { image: reference, why });
}

/** Why an image cannot go now. */
export function conflictOf(parts: ImageParts, image: Image, force: boolean): EngineError | undefined {
  const users = usersOf(parts, image);
  const running = users.find(({ state }) => state.status === "running");
  const user = running ?? (force ? undefined : users[0]);
  if (!user) return undefined;
  const why = running
    ? `(cannot be forced) - image is being used by running container ${shortId(user.id)}`
    : `(must be forced) - image is being used by stopped container ${shortId(user.id)}`;
  return new EngineError("IMAGE_CONFLICT", { image: short(image), why });
}

const short = ({ id }: Image): string => shortId(id.replace(/^sha256:/, ""));
