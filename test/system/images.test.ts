import assert from "node:assert/strict";
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { callApi, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";
import { checkout } from "../../lab/process.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();

const archive = `${host.folder}/tree.tar`;
const images = () => host.fairlead("images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}");
const say = async (...args: string[]) => {
  const { code, stdout, stderr } = await host.cli(...args);
  return [code, stdout, stderr];
};

/** A root file system of one program, Debian's busybox-static, with what only an archive can have. */
before(async () => {
  const script = `
    mkdir -p tree/bin tree/etc tree/tmp tree/home/user
    cp /bin/busybox tree/bin/
    for name in sh cat echo ls id test touch stat; do ln -s busybox tree/bin/$name; done
    echo 'root:x:0:0::/:/bin/sh' > tree/etc/passwd
    echo 'user:x:1000:1000::/home/user:/bin/sh' >> tree/etc/passwd
    echo original > tree/etc/motd
    chmod 1777 tree/tmp; chown 1000:1000 tree/home/user
    tar -C tree -cf tree.tar .
    gzip -k tree.tar; xz -kT0 -0 tree.tar; zstd -qk tree.tar`;
  await host.run("sh", "-ec", `cd ${host.folder}; ${script}`);
});

/** POST /images/create as docker import sends it: the archive is the body, the answer a stream of JSON lines. */
async function importBody(query: string, body: NodeJS.ReadableStream | string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { "content-type": "application/x-tar" };
  const path = `/images/create?${query}`;
  const sent = request({ socketPath: host.pathOf(host.socket), method: "POST", path, headers }, (answer) => {
    text(answer).then((said) => resolve(`${answer.statusCode} ${said}`), reject);
  });
  sent.on("error", reject);
  if (typeof body === "string") sent.end(body);
  else body.pipe(sent);
  return promise;
}

test("CTR-3 an imported tar is a root: its files, owners and modes, under a writable layer of the container's own", async () => {
  const id = await host.fairlead("image", "import", archive, "small:1");
  assert.match(id, /^sha256:[0-9a-f]{64}$/);
  assert.equal(await images(), `small:1 ${id.slice(7, 19)}`);
  const script = "cat /etc/motd; echo changed > /etc/motd; cat /etc/motd; stat -c '%U %a' /home/user /tmp";
  const run = ["run", "--rm", "small:1", "sh", "-c", script];
  const expected = [0, "original\nchanged\nuser 755\nroot 1777\n", ""];
  assert.deepEqual(await say(...run), expected);
  assert.deepEqual(await say(...run), expected);
  assert.deepEqual(await say("run", "--rm", "--user", "user", "small:1", "id", "-un"), [0, "user\n", ""]);
  await host.fairlead("image", "rm", "small:1");
});

test("CTR-3 image import takes plain, gzip, xz and zstd archives, from a file or its input, each an image of its own", async () => {
  const id = await host.fairlead("image", "import", archive, "plain");
  const piped = await host.exec([
    "sh",
    "-c",
    `cat ${archive} | ${checkout}/fairlead -H unix://${host.socket} import - piped`,
  ]);
  assert.match(piped.stdout, /^sha256:[0-9a-f]{64}\n$/);
  assert.notEqual(piped.stdout, `${id}\n`); // as in Docker: when it was made is part of an image
  for (const kind of ["gz", "xz", "zst"]) {
    await host.fairlead("image", "import", `${archive}.${kind}`, kind);
    assert.deepEqual(await say("run", "--rm", kind, "echo", kind), [0, `${kind}\n`, ""]);
  }
  await host.fairlead("image", "rm", "plain", "piped", "gz", "xz", "zst");
  assert.equal(await images(), "");
});

test("CTR-3 docker import's route takes an archive as the body, and says its id or the reason", async () => {
  const body = () => createReadStream(host.pathOf(archive));
  const imported = await importBody("fromSrc=-&repo=team/app&tag=2", body());
  assert.match(imported, /^200 \{"status":"sha256:[0-9a-f]{64}"\}\r\n$/);
  assert.deepEqual(await say("run", "--rm", "team/app:2", "echo", "by docker's route"), [0, "by docker's route\n", ""]);
  assert.match(
    await importBody("fromSrc=-&repo=bad", "no archive at all"),
    /^400 .*"Invalid archive: tar cannot unpack it: .*not look like a tar archive"/,
  );
  assert.match(
    await importBody("fromSrc=-&repo=Bad%20Name", body()),
    /^400 .*Invalid reference format: \\"Bad Name\\"/,
  );
  assert.match(
    await importBody("fromSrc=http://elsewhere/&repo=x", ""),
    /^501 .*importing from \\"http:\/\/elsewhere\/\\" is not supported: fetch it yourself/,
  );
  await host.fairlead("image", "rm", "team/app:2");
  assert.equal(await images(), "");
});

test("CTR-3 an archive that is cut off, or whose sender hangs up, leaves no image and no file", async () => {
  const whole = readFileSync(host.pathOf(archive));
  writeFileSync(host.pathOf(`${archive}.cut`), whole.subarray(0, whole.length / 2));
  const [code, , errors] = await say("image", "import", `${archive}.cut`, "cut");
  assert.equal(code, 1);
  assert.match(String(errors), /Invalid archive: tar cannot unpack it: Unexpected EOF in archive/);
  const sent = request({
    socketPath: host.pathOf(host.socket),
    method: "POST",
    path: "/images/create?fromSrc=-&repo=gone",
  });
  sent.on("error", () => {}); // our own hanging up
  sent.setHeader("content-length", whole.length);
  await new Promise((resolve) => sent.write(whole.subarray(0, 100_000), resolve));
  sent.destroy();
  while ((await host.run("find", `${host.folder}/data/images`, "-mindepth", "1", "-name", "*tmp*")) !== "");
  assert.deepEqual((await callApi<unknown[]>(host, "GET", "/images/json")).body, []);
});

test("CTR-3 an archive that reaches outside of its root is kept inside", async () => {
  const evil = `${host.folder}/evil.tar`;
  const script = `cd ${host.folder}; mkdir -p e; ln -s ${host.folder} e/out; tar -cf ${evil} -C e out
    mkdir -p f/out; echo bad > f/out/escaped; tar -rf ${evil} -C f out/escaped; tar -rPf ${evil} f/../f/out/escaped`;
  await host.run("sh", "-ec", script);
  await host.cli("image", "import", evil, "evil");
  assert.equal((await host.exec(["test", "-e", `${host.folder}/escaped`])).code, 1);
  await host.cli("image", "rm", "evil");
});

test("CTR-3 image inspect, ls with filters and rm, by name and id; an image in use stays", async () => {
  const id = await host.fairlead("image", "import", archive, "used:1");
  assert.equal(
    await host.fairlead("image", "inspect", "--format", "{{.Id}} {{index .RepoTags 0}} {{.Os}}", "used:1"),
    `${id} used:1 linux`,
  );
  const layer = await host.fairlead("image", "inspect", "--format", "{{index .RootFS.Layers 0}}", "used:1");
  assert.equal(await host.fairlead("images", "--quiet", "--no-trunc", "used"), id);
  assert.equal(await host.fairlead("images", "--quiet", "unused"), "");
  await host.fairlead("run", "-d", "--name", "user", "used:1", "sh", "-c", "while :; do cat /dev/null; done");
  assert.match(
    await refusal(host, "DELETE", "/images/used:1"),
    /^409 conflict: unable to remove repository reference "used:1" \(must force\) - container [0-9a-f]{12} is using its/,
  );
  assert.equal(await host.fairlead("images", "--quiet", "--no-trunc"), id);
  await host.fairlead("rm", "--force", "user");
  assert.deepEqual(await say("image", "rm", "absent", "used:1"), [
    1,
    `Untagged: used:1\nDeleted: ${id}\nDeleted: ${layer}\n`,
    (await say("image", "rm", "absent"))[2],
  ]);
  assert.match(await refusal(host, "GET", "/images/used:1/json"), /^404 No such image: used:1/);
});
