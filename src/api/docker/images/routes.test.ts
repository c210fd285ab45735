import assert from "node:assert/strict";
import { test } from "node:test";
import { testApi } from "../../testing/api.ts";
import { plainConfig } from "../../testing/plain.ts";

const id = `sha256:${"a".repeat(64)}`;

test("POST /images/create imports the body and tells the id", async () => {
  await using api = testApi();
  const { status, text } = await api.ask(
    "POST",
    "/images/create?fromSrc=-&repo=lab/app&tag=1",
    "TAR",
    "application/x-tar",
  );
  assert.deepEqual(
    [status, text, api.images.imported],
    [200, `{"status":"${id}"}\r\n`, [{ reference: "lab/app:1", bytes: "TAR" }]],
  );
});

test("POST /images/create reads the archive whatever its type is, JSON's included", async () => {
  await using api = testApi();
  await api.ask("POST", "/images/create?fromSrc=-&repo=app", "TAR", "text/plain");
  assert.deepEqual(api.images.imported, [{ reference: "app", bytes: "TAR" }]);
});

test("POST /images/create tells the reason of a failed import in the stream", async () => {
  await using api = testApi();
  api.images.import = () => Promise.reject(new Error("no archive"));
  const { text } = await api.ask("POST", "/images/create?fromSrc=-&repo=app", "x", "application/x-tar");
  assert.deepEqual(JSON.parse(text), { errorDetail: { message: "no archive" }, error: "no archive" });
});

test("POST /images/create refuses a pull with words, another source and no name", async () => {
  await using api = testApi();
  const answers = [];
  for (const query of ["fromImage=debian&tag=12", "fromSrc=http://x&repo=a", "fromSrc=-"])
    answers.push(await api.ask("POST", `/images/create?${query}`, "x", "application/x-tar"));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [501, 400, 400],
  );
  assert.match(answers[0]?.body.message, /^pulling debian:12 from a registry is not supported: import/);
});

test("images with slashes in their names are listed, inspected and removed", async () => {
  await using api = testApi();
  await api.ask("POST", "/images/create?fromSrc=-&repo=lab/app&tag=1", "TAR", "application/x-tar");
  const list = (await api.ask("GET", "/images/json")).body;
  const none = (await api.ask("GET", `/images/json?filters=${encodeURIComponent('{"reference":["other"]}')}`)).body;
  const inspect = await api.ask("GET", "/images/lab/app:1/json");
  const removed = await api.ask("DELETE", "/images/lab/app:1");
  const gone = await api.ask("GET", "/images/lab/app:1/json");
  assert.deepEqual([list[0].Id, list[0].RepoTags, list[0].Created, none], [id, ["lab/app:1"], 1767323045, []]);
  assert.deepEqual(
    [inspect.body.Id, inspect.body.Os, removed.body, gone.status],
    [id, "linux", [{ Untagged: "lab/app:1" }, { Deleted: id }], 404],
  );
});

test("DELETE /images/{name} refuses the last name of an image that a container uses, and names the container", async () => {
  await using api = testApi();
  await api.ask("POST", "/images/create?fromSrc=-&repo=lab/used", "TAR", "application/x-tar");
  const { Id } = (await api.ask("GET", "/images/lab/used/json")).body;
  const config = { ...plainConfig, rootfs: { kind: "image", reference: "lab/used", imageId: Id } } as const;
  await api.engine.containers.create({ name: "user", config, endpoints: [] });
  const { status, body } = await api.ask("DELETE", "/images/lab/used");
  assert.deepEqual([status, body.message], [409, "conflict: unable to remove image lab/used: container user uses it"]);
  assert.equal((await api.ask("GET", "/images/lab/used/json")).status, 200);
});
