import { readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../base/log.ts";
import { parseImageReference, withTag } from "../../model/image-reference.ts";
import { ownPlatform } from "../../model/platform.ts";
import { runProgram } from "../run-program.ts";
import type { ImageStore } from "./image-store.ts";
import { makeImage } from "./make-image.ts";
import { storeLayer } from "./store-layer.ts";

/** image.json of release 0.1: an unpacked tar and its names, in <sha256 of the archive>/{rootfs, image.json}. */
interface FormerRecord {
  readonly id: string;
  readonly references: readonly string[];
  readonly created: string;
}

/**
 * Brings images of an earlier release into the layout. Their files are packed again, since the archives were not kept;
 * containers go on by the id that they know. Repeated after a crash: the old form goes last. One that cannot be converted
 * stays for the next start, and keeps nobody from the others.
 */
export async function migrateImages(store: ImageStore, log: Log): Promise<void> {
  const former = readdirSync(store.directory).filter((name) => /^[0-9a-f]{64}$/.test(name));
  for (const name of former) {
    try {
      await migrateOne(store, name, log);
    } catch (error) {
      log.error(
        { err: error, image: name },
        "cannot convert an image of an earlier release; tried again at the next start",
      );
    }
  }
}

async function migrateOne(store: ImageStore, name: string, log: Log): Promise<void> {
  const directory = join(store.directory, name);
  const record = recordIn(directory);
  if (record) {
    await migrate(store, directory, record);
    log.info({ image: record.id, references: record.references }, "an image of an earlier release was converted");
  } else log.warn({ directory }, "an image of an earlier release without its record was half removed; the rest goes");
  // The name first: a start that finds only half of it would take it for an image.
  const removed = join(store.directory, `.removed-${name}`);
  renameSync(directory, removed);
  rmSync(removed, { recursive: true, force: true });
}

/** undefined without one: an image got its name with all its files, so that its removal was cut off. */
function recordIn(directory: string): FormerRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, "image.json"), "utf8")) as FormerRecord;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

async function migrate(store: ImageStore, directory: string, { id, references, created }: FormerRecord): Promise<void> {
  await using _work = store.work();
  using scratch = store.blobs.scratch();
  const file = join(scratch.path, "archive");
  const keep = ["--numeric-owner", "--xattrs", "--xattrs-include=*", "--acls", "--sort=name"];
  const packed = await runProgram(store.programs.tar, [
    "-c",
    "-f",
    file,
    "-C",
    join(directory, "rootfs"),
    ...keep,
    ".",
  ]);
  if (packed.exitCode !== 0) throw new Error(`Cannot convert image ${id}: ${packed.stderr.trim()}`);
  const { diffId, blob } = await storeLayer(store, file);
  const comment = "Imported";
  const document = {
    ...ownPlatform(),
    created,
    comment,
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created, comment }],
  };
  const names = references.map((reference) => withTag(parseImageReference(reference)));
  await makeImage(store, Buffer.from(JSON.stringify(document)), [blob], { references: names, formerId: id });
}
