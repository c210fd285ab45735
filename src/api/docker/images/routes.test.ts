import assert from "node:assert/strict";
import { test } from "node:test";
import { invalid } from "../../../base/errors.ts";
import { silentLog } from "../../../base/log.ts";
import { testApi } from "../../testing/api.ts";
import { fakeImageId as id } from "../../testing/fake-images.ts";
import { plainConfig } from "../../testing/plain.ts";

test("POST /images/create imports the body and tells the id", async () => {
  await using api = testApi();
  const query = "fromSrc=-&repo=lab/app&tag=1&message=by+hand&changes=ENV+A%3D1&changes=USER+7";
  const { status, text } = await api.ask("POST", `/images/create?${query}`, "TAR", "application/x-tar");
  const [{ words, bytes } = { words: undefined, bytes: "" }] = api.images.imported;
  assert.deepEqual([status, text, bytes], [200, `{"status":"${id}"}\r\n`, "TAR"]);
  assert.deepEqual(words, {
    reference: { domain: "docker.io", path: "lab/app", tag: "1" },
    ...{ changes: ["ENV A=1", "USER 7"], comment: "by hand", author: "" },
  });
});

test("POST /images/create reads the archive whatever its type is, and needs no name", async () => {
  await using api = testApi();
  await api.ask("POST", "/images/create?fromSrc=-", "TAR", "text/plain");
  assert.deepEqual(api.images.imported, [{ words: { changes: [], comment: "", author: "" }, bytes: "TAR" }]);
});

test("POST /images/create refuses another source and a bad name", async () => {
  await using api = testApi();
  const statuses = [];
  for (const query of ["fromSrc=http://x&repo=a", "fromSrc=-&repo=Bad"])
    statuses.push((await api.ask("POST", `/images/create?${query}`, "x", "application/x-tar")).status);
  assert.deepEqual(statuses, [501, 400]);
});

test("POST /images/load says what was loaded", async () => {
  await using api = testApi();
  const { status, text } = await api.ask("POST", "/images/load?quiet=1", "TAR", "application/x-tar");
  assert.deepEqual([status, text], [200, '{"stream":"Loaded image: lab/app:1\\n"}\r\n']);
});

test("IMG-20 POST /images/load tells what fails in its answer, with status 200", async () => {
  await using api = testApi();
  api.images.load = () => Promise.reject(invalid("archive", "it is none"));
  const { status, body } = await api.ask("POST", "/images/load", "x", "application/x-tar");
  const error = "Invalid archive: it is none";
  assert.deepEqual([status, body], [200, { errorDetail: { message: error }, error }]);
});

test("IMG-20 POST /images/load counts what fails as failed, and logs what is the daemon's fault", async () => {
  const logged: string[] = [];
  const error = (fields: object) => logged.push((fields as { err: Error }).err.message);
  await using api = testApi({ log: { ...silentLog, error } });
  for (const fault of [invalid("archive", "it is none"), new Error("ENOSPC: no space left on device")]) {
    api.images.load = () => Promise.reject(fault);
    assert.equal((await api.ask("POST", "/images/load", "x", "application/x-tar")).status, 200);
  }
  const { text } = await api.ask("GET", "/metrics");
  const counted = text.split("\n").filter((line) => line.includes("_count{") && line.includes("image_load"));
  assert.deepEqual(logged, ["ENOSPC: no space left on device"]);
  assert.deepEqual(
    counted.map((line) => /outcome="(\w+)".* (\d+)$/.exec(line)?.slice(1)),
    [["error", "2"]],
  );
});

test("images with slashes in their names are listed, inspected, tagged and removed", async () => {
  await using api = testApi();
  api.images.put({ references: ["lab/app:1"] });
  const list = (await api.ask("GET", "/images/json")).body;
  const none = (await api.ask("GET", `/images/json?filters=${encodeURIComponent('{"reference":["other"]}')}`)).body;
  const inspect = await api.ask("GET", "/images/lab/app:1/json");
  assert.equal((await api.ask("POST", "/images/lab/app:1/tag?repo=lab/app&tag=2")).status, 201);
  const untagged = await api.ask("DELETE", "/images/lab/app:2");
  const removed = await api.ask("DELETE", "/images/lab/app:1");
  const gone = await api.ask("GET", "/images/lab/app:1/json");
  assert.deepEqual([list[0].Id, list[0].RepoTags, list[0].Created, none], [id, ["lab/app:1"], 1767323045, []]);
  assert.deepEqual(
    [inspect.body.Id, inspect.body.Os, untagged.body, removed.body, gone.status],
    [id, "linux", [{ Untagged: "lab/app:2" }], [{ Untagged: "lab/app:1" }, { Deleted: id }], 404],
  );
});

test("DELETE /images/{name} refuses the last name of an image that a container uses, in Docker's words", async () => {
  await using api = testApi();
  api.images.put({ references: ["lab/used:latest"] });
  const config = { ...plainConfig, rootfs: { kind: "image", reference: "lab/used", imageId: id } } as const;
  const user = (await api.engine.containers.create({ name: "user", config, endpoints: [] })).id.slice(0, 12);
  const by = async (name: string) => (await api.ask("DELETE", `/images/${name}`)).body.message;
  const short = "a".repeat(12);
  assert.deepEqual(
    [await by("lab/used"), await by(id)],
    [
      `conflict: unable to remove repository reference "lab/used" (must force) - container ${user} is using its referenced image ${short}`,
      `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container ${user}`,
    ],
  );
  await api.engine.containers.start("user");
  assert.match(await by(`${id}?force=1`), /\(cannot be forced\) - image is being used by running container/);
  assert.equal((await api.ask("GET", "/images/lab/used/json")).status, 200);
});

test("DELETE /images/{id} of an image with two names needs force", async () => {
  await using api = testApi();
  api.images.put({ references: ["a:1", "b:1"] });
  const { status, body } = await api.ask("DELETE", `/images/${id}`);
  const why = "(must be forced) - image is referenced in multiple repositories";
  assert.deepEqual([status, body.message], [409, `conflict: unable to delete ${"a".repeat(12)} ${why}`]);
  const forced = await api.ask("DELETE", `/images/${id}?force=1`);
  assert.deepEqual(forced.body, [{ Untagged: "a:1" }, { Untagged: "b:1" }, { Deleted: id }]);
});

test("POST /images/prune takes images without a name, or with dangling=false all that are unused", async () => {
  await using api = testApi();
  api.images.put({ references: ["a:1"], layers: [{ diffId: "x", size: 7 }] });
  assert.deepEqual((await api.ask("POST", "/images/prune")).body, { ImagesDeleted: null, SpaceReclaimed: 0 });
  const { body } = await api.ask("POST", `/images/prune?filters=${encodeURIComponent('{"dangling":["false"]}')}`);
  assert.deepEqual(body, { ImagesDeleted: [{ Untagged: "a:1" }, { Deleted: id }], SpaceReclaimed: 7 });
});

test("GET /images/search is refused with a sentence", async () => {
  await using api = testApi();
  const { status, body } = await api.ask("GET", "/images/search?term=x");
  assert.deepEqual([status, body.message.startsWith("searching a registry is not supported")], [501, true]);
});
