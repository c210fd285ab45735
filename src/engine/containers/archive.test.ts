import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import type { Archive } from "../../contracts/archive.ts";
import { fakeArchive } from "../volumes/fakes.ts";
import { archiveUseCases } from "./archive.ts";
import { request, World } from "./fakes.ts";
import { hold } from "./held.ts";

test("archive.write() holds a running container until its files are open, and no longer", async () => {
  using world = new World();
  await world.containers.create(request("web"));
  await world.containers.start("web");
  const seen: string[] = [];
  const rest = Promise.withResolvers<void>();
  const write: Archive["write"] = async (_source, _path, _content, { onOpen }) => {
    await new Promise(setImmediate);
    seen.push("open");
    await onOpen?.();
    await rest.promise;
    seen.push("copied");
  };
  const { write: copy } = archiveUseCases({ ...world.parts, archive: { ...fakeArchive, write } });
  const copied = copy("web", "/", Readable.from([]), { noOverwriteDirNonDir: false, toUser: false });
  await using _held = await hold(world.parts, "web");
  seen.push("held");
  rest.resolve();
  await copied;
  assert.deepEqual(seen, ["open", "held", "copied"]);
});
