import { EngineError } from "../../base/errors.ts";
import { KeyedLock } from "../../base/keyed-lock.ts";
import { silentLog } from "../../base/log.ts";
import type { Images, ImageWords } from "../../contracts/images.ts";
import { EventHub } from "../../engine/events.ts";
import { type ImageUseCases, imageUseCases } from "../../engine/images/use-cases.ts";
import type { Container } from "../../model/container.ts";
import { emptyRuntimeConfig, type Image } from "../../model/image.ts";
import { familiarReference } from "../../model/image-reference.ts";

export const fakeImageId = `sha256:${"a".repeat(64)}`;

/** Images on a plain list: what the API needs to be tried against. It remembers what was imported. */
export class FakeImages implements Images {
  readonly stored: Image[] = [];
  readonly imported: { words: ImageWords; bytes: string }[] = [];

  list = () => this.stored;
  find(reference: string): Image {
    const wanted = reference.includes(":") ? reference : `${reference}:latest`;
    const found = this.stored.find(({ id, references }) => id === reference || references.includes(wanted));
    if (found) return found;
    throw new EngineError("IMAGE_NOT_FOUND", { image: reference });
  }
  tag: Images["tag"] = (id, reference) => {
    this.#names(id, (names) => [...names, familiarReference(reference)]);
  };
  untag: Images["untag"] = (reference) => {
    for (const { id } of this.stored)
      this.#names(id, (names) => names.filter((name) => name !== familiarReference(reference)));
  };
  async remove(id: string): Promise<string[]> {
    this.stored.splice(this.stored.indexOf(this.find(id)), 1);
    return [];
  }
  async collect(): Promise<void> {}
  import: Images["import"] = async (archive, words) => {
    let bytes = "";
    for await (const chunk of archive) bytes += String(chunk);
    this.imported.push({ words, bytes });
    const names = words.reference ? [familiarReference(words.reference)] : [];
    return this.put({ references: names, size: bytes.length });
  };
  load: Images["load"] = async () => [{ id: fakeImageId, references: ["lab/app:1"] }];

  save: Images["save"] = async function* () {
    yield Buffer.from("TAR");
  };
  commit: Images["commit"] = async ({ reference }) =>
    this.put({ references: reference ? [familiarReference(reference)] : [] });
  applyChanges: Images["applyChanges"] = (config, changes) => ({ ...config, env: changes });
  writtenBytes = async () => 5;
  pull: Images["pull"] = async (reference, { onProgress }) => {
    onProgress({ id: reference.tag ?? "", status: `Pulling from ${reference.path}` });
    onProgress({ id: "0123456789ab", status: "Downloading", current: 1, total: 2 });
    this.put({ references: [familiarReference(reference)] });
    return { id: fakeImageId, digest: fakeImageId, changed: true };
  };
  push: Images["push"] = async () => ({ digest: fakeImageId, size: 7 });
  tagsOf: Images["tagsOf"] = async () => ["1", "2"];
  lookUp: Images["lookUp"] = async () => ({ mediaType: "m", digest: fakeImageId, size: 7, platforms: [] });
  login: Images["login"] = async () => {};

  put(over: Partial<Image>): Image {
    const image = { ...blank, ...over };
    this.stored.push(image);
    return image;
  }

  #names(id: string, change: (names: readonly string[]) => readonly string[]): void {
    const at = this.stored.findIndex((image) => image.id === id);
    const image = this.stored[at];
    if (image) this.stored[at] = { ...image, references: change(image.references) };
  }
}

/** The real use cases on these images and containers. */
export function fakeImageUseCases(images: Images, containers: ReadonlyMap<string, Container>): ImageUseCases {
  const containerNamed = (name: string) => [...containers.values()].find((one) => one.name === name);
  const [events, locks] = [new EventHub(), new KeyedLock()];
  return imageUseCases({ images, state: { containers, containerNamed }, locks, events, log: silentLog });
}

const blank: Image = {
  ...{ id: fakeImageId, references: [], digests: [], created: "2026-01-02T03:04:05Z", taggedAt: "", size: 0 },
  ...{ architecture: "amd64", variant: "", os: "linux", author: "", comment: "", dockerVersion: "" },
  ...{ config: emptyRuntimeConfig, layers: [], history: [] },
};
