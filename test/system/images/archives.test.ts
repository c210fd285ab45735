import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { callApi } from "../../../lab/api.ts";
import { dockerCli } from "../../../lab/docker-cli.ts";
import { Host } from "../../../lab/host.ts";
import { imageId } from "../../../lab/images/docker-archive.ts";
import { loadImages } from "../../../lab/images/put-archive.ts";
import { directory, file, tarOf } from "../../../lab/images/tar.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
before(async () => {
  await host.startDaemon();
});
afterEach(async () => {
  const containers = (await docker("ps", "-aq")).split("\n").filter(Boolean);
  if (containers.length > 0) await docker("rm", "-f", ...containers);
  await host.docker("image", "prune", "-af");
  assert.equal(await docker("images", "-aq"), "");
});

const { docker, failure } = dockerCli(host);

/** The CLI shows an image's repositories in no order. */
async function namesAndIds(): Promise<string[]> {
  const shown = await docker("images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}");
  return shown.split("\n").sort();
}

const inspect = (name: string, format: string) => docker("image", "inspect", "-f", format, name);
const small = { tags: ["small:1", "team/small:2"], config: { Cmd: ["echo", "small"] } };
const layered = {
  tags: ["layered:1"],
  layers: [[directory("d"), file("d/a", "a"), file("d/b", "b"), file("gone", "g")]],
};

test("IMG-20 docker save packs several images, which load takes back with ids and names, compressed too", async () => {
  await loadImages(host, small, layered);
  const ids = await namesAndIds();
  const archive = `${host.folder}/saved.tar`;
  await docker("save", "-o", archive, "small:1", "team/small", "layered:1");
  await host.run("gzip", "-kf", archive);
  for (const path of [archive, `${archive}.gz`]) {
    await docker("rmi", "small:1", "team/small:2", "layered:1");
    const said = await docker("load", "-i", path);
    assert.deepEqual(said.split("\n").sort(), [
      "Loaded image: layered:1",
      "Loaded image: small:1",
      "Loaded image: team/small:2",
    ]);
    assert.deepEqual(await namesAndIds(), ids);
  }
  assert.equal(await docker("run", "--rm", "small:1"), "small");
  assert.match(await failure("save", "small:1", "absent"), /No such image: absent/);
});

test("IMG-20 an archive names its repositories for old tools; one of theirs is refused with a sentence", async () => {
  await loadImages(host, small, layered);
  const archive = `${host.folder}/named.tar`;
  await docker("save", "-o", archive, "small:1", "team/small:2", "layered:1");
  const read = async (name: string) => JSON.parse(await host.run("tar", "-xOf", archive, name)) as unknown;
  const manifest = (await read("manifest.json")) as { RepoTags: string[]; Layers: string[] }[];
  const topmost = (name: string) =>
    manifest
      .find(({ RepoTags }) => RepoTags.includes(name))
      ?.Layers.at(-1)
      ?.slice(-64);
  assert.deepEqual(await read("repositories"), {
    small: { 1: topmost("small:1") },
    "team/small": { 2: topmost("small:1") },
    layered: { 1: topmost("layered:1") },
  });
  await docker("save", "-o", archive, imageId(small));
  assert.doesNotMatch(await host.run("tar", "-tf", archive), /repositories/);
  const old = [directory("1f"), file("1f/json", "{}"), file("1f/layer.tar", ""), file("repositories", "{}")];
  writeFileSync(host.pathOf(archive), tarOf(old));
  assert.match(await failure("load", "-i", archive), /it is of a Docker before 1\.10, without "manifest\.json"/);
});

test("IMG-20 what docker save writes is read by skopeo, and skopeo's archives are loaded", async () => {
  await loadImages(host, small, layered);
  const archive = `${host.folder}/one.tar`;
  await docker("save", "-o", archive, "layered:1");
  const layers = await inspect("layered:1", "{{len .RootFS.Layers}}");
  const seen = JSON.parse(await host.run("skopeo", "inspect", `docker-archive:${archive}`)) as { Layers: string[] };
  assert.equal(String(seen.Layers.length), layers);
  const oci = `${host.folder}/oci.tar`;
  await host.run("skopeo", "copy", "-q", `docker-archive:${archive}`, `oci-archive:${oci}:docker.io/library/again:1`);
  assert.equal(await docker("load", "-i", oci), "Loaded image: again:1");
  assert.equal(await docker("run", "--rm", "again:1", "cat", "/d/a"), "a");
});

test("IMG-21 docker commit keeps what a container wrote and removed, and takes changes", async () => {
  await loadImages(host, layered);
  const script =
    "rm -r /gone /d; mkdir /d; echo new > /d/c; echo x > /etc/own; chown 7:8 /etc/own; ln /etc/own /etc/linked";
  await docker("run", "--name", "box", "-e", "A=1", "-l", "l=1", "layered:1", "sh", "-c", script);
  const changes = ["-c", 'CMD ["cat", "/d/c"]', "-c", "ENV B=2 C='3 4'", "-c", "EXPOSE 80", "-c", "WORKDIR /d"];
  const id = await docker("commit", "-a", "Ann", "-m", "it is done", ...changes, "box", "made:1");
  assert.match(id, /^sha256:[0-9a-f]{64}$/);
  assert.equal(await docker("run", "--rm", "made:1"), "new");
  const look = "ls /d; ls / | grep -c gone; stat -c '%u:%g %h' /etc/own; pwd; echo $A $B $C";
  assert.equal(await docker("run", "--rm", "made:1", "sh", "-c", look), "c\n0\n7:8 2\n/d\n1 2 3 4");
  assert.equal(
    await inspect(
      "made:1",
      "{{.Author}} {{.Comment}} {{.Config.Labels.l}} {{json .Config.ExposedPorts}} {{len .RootFS.Layers}}",
    ),
    'Ann it is done 1 {"80/tcp":{}} 3',
  );
  assert.equal(await inspect("made:1", "{{.Parent}}"), await inspect("layered:1", "{{.Id}}"));
  assert.match(
    await docker("history", "--format", "{{.CreatedBy}} {{.Comment}}", "made:1"),
    /^sh -c rm -r .* it is done\n/,
  );
  assert.match(await failure("commit", "-c", "FROM x", "box"), /FROM is not a valid change command/);
  assert.match(await failure("commit", "absent"), /No such container: absent/);
});

test("IMG-21 docker commit pauses a container that runs, and lets it go on", async () => {
  await loadImages(host, layered);
  await docker("run", "-d", "--name", "box", "layered:1", "sleep", "1000");
  await docker("exec", "box", "sh", "-c", "echo live > /live");
  await docker("commit", "box", "live:1");
  assert.equal(await docker("inspect", "-f", "{{.State.Status}}", "box"), "running");
  assert.equal(await docker("run", "--rm", "live:1", "cat", "/live"), "live");
});

test("IMG-30 a configuration in the body of a commit goes above the container's, and changes above both", async () => {
  await loadImages(host, { ...small, config: { Cmd: ["echo", "small"], Labels: { kept: "1", new: "1" } } });
  const own = ["-e", "A=1", "-e", "B=1", "--expose", "80", "-v", "/v", "-u", "7", "-w", "/w"];
  const health = ["--health-cmd", "true", "--health-retries", "7"];
  await docker("create", "--name", "box", ...own, ...health, "--stop-signal", "INT", "small:1", "echo", "box");
  const commit = async (body: unknown, ...changes: string[]) => {
    const query = new URLSearchParams([["container", "box"], ...changes.map((change) => ["changes", change])]);
    const { status, body: answer } = await callApi<{ Id: string }>(host, "POST", `/commit?${query}`, body);
    if (status !== 201) return answer;
    return (await callApi<{ Config: object }>(host, "GET", `/images/${answer.Id}/json`)).body.Config;
  };
  const before = await commit({});
  assert.deepEqual(await commit(undefined), before);
  const given = { Cmd: "given", Env: ["B=2", "C=2"], ExposedPorts: { "53/udp": {}, "81": {} }, Volumes: { "/x": {} } };
  const more = { Labels: { new: "2" }, User: "8", Healthcheck: { Test: ["CMD", "false"] }, OnBuild: ["USER 9"] };
  const shown = {
    ...before,
    ...more,
    Cmd: ["given"],
    Env: ["B=2", "C=2", "A=1"],
    ExposedPorts: { "53/udp": {}, "80/tcp": {}, "81/tcp": {} },
    Volumes: { "/v": {}, "/x": {} },
    Labels: { kept: "1", new: "2" },
    Healthcheck: { Test: ["CMD", "false"], Retries: 7 },
  };
  assert.deepEqual(withoutPath(await commit({ ...given, ...more, Hostname: "h", HostConfig: {} })), withoutPath(shown));
  const changed = await commit({ ...given, ...more }, "ENV B=$C$B D=$A", 'ENTRYPOINT ["/e"]', "WORKDIR d");
  const env = ["B=22", "C=2", "D=", "A=1"];
  assert.deepEqual(
    withoutPath(changed),
    withoutPath({ ...shown, Cmd: null, Env: env, Entrypoint: ["/e"], WorkingDir: "/d" }),
  );
  assert.deepEqual(await commit({ ExposedPorts: { no: {} } }), {
    message: 'Invalid port "no": "no" is not a port number from 0 to 65535',
  });
  assert.deepEqual(await commit({ Env: "A=1" }), { message: "invalid request: Env must be array" });
});

/** Without what every image has. */
const withoutPath = (config: object) => {
  const { Env = [], ...rest } = config as { Env?: string[] };
  return { ...rest, Env: Env.filter((one) => !one.startsWith("PATH=")) };
};

test("IMG-22 docker import makes an image of a tar, with changes and a message", async () => {
  await host.run(
    "sh",
    "-ec",
    `cd ${host.folder}; mkdir -p t/bin; cp /bin/busybox t/bin/; ln -sf busybox t/bin/sh; tar -C t -cf t.tar .`,
  );
  await docker(
    "import",
    "-m",
    "by hand",
    "-c",
    'ENTRYPOINT ["sh", "-c"]',
    "-c",
    'CMD ["echo imported"]',
    `${host.folder}/t.tar`,
    "t:1",
  );
  assert.equal(await docker("run", "--rm", "t:1"), "imported");
  assert.equal(await inspect("t:1", "{{.Comment}}"), "by hand");
  const nameless = await docker("import", `${host.folder}/t.tar`);
  assert.equal(await docker("images", "-q", "--no-trunc", "-f", "dangling=true"), nameless);
});

test("IMG-23 a container takes what its image says, and what the user says goes first", async () => {
  const config = {
    ...{
      Entrypoint: ["echo", "entry"],
      Cmd: ["cmd"],
      Env: ["PATH=/bin", "A=image", "B=image"],
      WorkingDir: "/made/here",
    },
    ...{ User: "user", ExposedPorts: { "80/tcp": {} }, Labels: { a: "image", b: "image" }, StopSignal: "SIGINT" },
    Volumes: { "/v": {} },
    Healthcheck: { Test: ["CMD", "true"], Interval: 5_000_000_000 },
  };
  await loadImages(host, { tags: ["said:1"], config });
  assert.equal(await docker("run", "--rm", "said:1"), "entry cmd");
  assert.equal(await docker("run", "--rm", "said:1", "own"), "entry own");
  assert.equal(await docker("run", "--rm", "--entrypoint", "echo", "said:1"), "");
  const look = ["-c", "id -un; pwd; echo $A $B"];
  assert.equal(
    await docker("run", "--rm", "-e", "A=own", "--entrypoint", "sh", "said:1", ...look),
    "user\n/made/here\nown image",
  );
  assert.match(await failure("run", "--rm", "--entrypoint", "", "said:1"), /no command specified/);
  await docker("create", "--name", "box", "-l", "a=own", "--health-retries", "7", "said:1");
  const format =
    "{{json .Config.Labels}} {{.Config.StopSignal}} {{json .Config.ExposedPorts}} {{.Config.Healthcheck.Retries}} {{.Config.Healthcheck.Interval}} {{json .Config.Volumes}}";
  assert.equal(
    await docker("inspect", "-f", format, "box"),
    '{"a":"own","b":"image"} SIGINT {"80/tcp":{}} 7 5s {"/v":{}}',
  );
});

test("IMG-24 docker rmi: names, ids, digests and what is in use, in Docker's words", async () => {
  await loadImages(host, small);
  const id = await inspect("small:1", "{{.Id}}");
  const short = id.slice(7, 19);
  assert.match(
    await failure("rmi", id),
    new RegExp(`conflict: unable to delete ${short} \\(must be forced\\) - image is referenced in multiple`),
  );
  assert.equal(await docker("rmi", "team/small:2"), "Untagged: team/small:2");
  const box = (await docker("run", "-d", "small:1", "sleep", "1000")).slice(0, 12);
  assert.match(
    await failure("rmi", "small:1"),
    new RegExp(
      `unable to remove repository reference "small:1" \\(must force\\) - container ${box} is using its referenced image ${short}`,
    ),
  );
  assert.match(
    await failure("rmi", "-f", id),
    new RegExp(`\\(cannot be forced\\) - image is being used by running container ${box}`),
  );
  await docker("stop", "-t", "0", box);
  // By force it goes, and the container that lies on it still starts.
  assert.match(await docker("rmi", "-f", id), new RegExp(`^Untagged: small:1\nDeleted: ${id}`));
  assert.equal(await docker("images", "-aq"), "");
  await docker("start", box);
  assert.equal(await docker("exec", box, "echo", "still here"), "still here");
  await docker("rm", "-f", box);
  const empty = `test -z "$(find ${host.folder}/data/images/blobs ${host.folder}/data/images/layers -mindepth 1 -type f)"`;
  while ((await host.exec(["sh", "-c", empty])).code !== 0);
});

test("IMG-24 docker ps shows the id of an image whose name is gone, or another's", async () => {
  await loadImages(host, small);
  const id = await inspect("small:1", "{{.Id}}");
  await docker("run", "-d", "small:1", "sleep", "1000");
  const shown = () => docker("ps", "--no-trunc", "--format", "{{.Image}}");
  assert.equal(await shown(), "small:1");
  await docker("rmi", "-f", "small:1");
  assert.equal(await shown(), id);
  await loadImages(host, { ...layered, tags: ["small:1"] });
  assert.equal(await shown(), id);
  await docker("tag", "team/small:2", "small:1");
  assert.equal(await shown(), "small:1");
});

test("IMG-25 docker images with filters, prune, system df and ps -s", async () => {
  await loadImages(host, small, { ...layered, config: { Labels: { tier: "front" } } });
  const names = (...args: string[]) => docker("images", "--format", "{{.Repository}}:{{.Tag}}", ...args);
  assert.equal(await names("-f", "label=tier=front"), "layered:1");
  assert.equal(await names("-f", "reference=*/small"), "team/small:2");
  assert.equal(await names("layered"), "layered:1");
  assert.equal(await names("-f", "until=2020-01-01"), "");
  await docker("run", "--name", "box", "small:1", "sh", "-c", "echo 12345 > /written");
  assert.match(await docker("ps", "-as", "--format", "{{.Size}}"), /^6B \(virtual 1\.\d+MB\)$/);
  assert.match(
    await docker("system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Active}}"),
    /^Images 2 1\nContainers 1 0\nLocal Volumes \d+ 0\nBuild Cache 0 0$/,
  );
  assert.match(await docker("system", "df", "-v"), /small +1 /);
  const { body } = await callApi<{ SizeRw: number }>(host, "GET", "/containers/box/json?size=1");
  assert.equal(body.SizeRw, 6);
  assert.equal(await docker("image", "prune", "-f"), "Total reclaimed space: 0B");
  assert.match(await docker("image", "prune", "-af"), /untagged: layered:1\n[\s\S]*Total reclaimed space: 3B/);
  assert.deepEqual((await names()).split("\n").sort(), ["team/small:2"]);
});

test("IMG-33 docker image prune -a leaves an image that a container lies on the last of its names", async () => {
  await loadImages(host, small);
  for (const tag of ["small:0", "small:9", "other:1"]) await docker("tag", "small:1", tag);
  await docker("run", "--name", "box", "small:0", "true");
  const said = await docker("image", "prune", "-af");
  const untagged = [...said.matchAll(/^untagged: (.*)$/gm)].map(([, name]) => name);
  assert.deepEqual(untagged, ["other:1", "small:0", "small:1", "small:9"]);
  assert.equal(await docker("images", "--format", "{{.Repository}}:{{.Tag}}"), "team/small:2");
});

interface Told {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

/** What the engine told while something was done, but for the events of a container's life. */
async function eventsOf(run: () => Promise<unknown>): Promise<(readonly [action: string, ...unknown[]])[]> {
  const since = String(Date.now() / 1000);
  await run();
  const { stdout } = await host.docker(
    ...["events", "--since", since, "--until", String(Date.now() / 1000), "--format", "{{json .}}"],
    ...["-f", "type=image", "-f", "type=container", ...["commit", "delete", "import", "load", "save"].flatMap(filter)],
    ...["tag", "untag"].flatMap(filter),
  );
  const told = stdout.split("\n").filter(Boolean);
  return told.map((line) => JSON.parse(line) as Told).map(({ Action, Actor }) => [Action, Actor.ID, Actor.Attributes]);
}

const filter = (event: string) => ["-f", `event=${event}`];

test("IMG-26 events of images say what was done to which", async () => {
  const labelled = { ...small, config: { ...small.config, Labels: { tier: "front" } } };
  const archive = `${host.folder}/events.tar`;
  const id = imageId(labelled);
  const said = await eventsOf(async () => {
    await loadImages(host, labelled);
    await docker("tag", "small:1", "other:3");
    await docker("save", "-o", archive, "small:1");
    await docker("rmi", "other:3");
    await docker("rmi", "-f", id);
  });
  const own = (name = id) => ({ name, tier: "front" });
  assert.deepEqual(said, [
    ["load", id, own()],
    ["tag", id, own("other:3")],
    ["save", id, own()],
    ["untag", id, own()],
    ["untag", id, own()],
    ["untag", id, own()],
    ["delete", id, { name: id }],
  ]);
});

test("IMG-26 events of import and commit name the image, and its name apart", async () => {
  await loadImages(host, small);
  const root = `${host.folder}/root.tar`;
  await docker("create", "--name", "box", "--label", "of=test", "small:1");
  await docker("export", "-o", root, "box");
  const ids: string[] = [];
  const said = await eventsOf(async () => {
    ids.push(await docker("import", "-c", "LABEL tier=back", root, "made:1"));
    ids.push(await docker("commit", "-m", "why", "box", "kept:2"));
    ids.push(await docker("commit", "box"));
  });
  const [imported = "", kept = "", nameless = ""] = ids;
  const box = await docker("inspect", "-f", "{{.Id}}", "box");
  const ofBox = { image: "small:1", name: "box", of: "test" };
  assert.deepEqual(said, [
    ["tag", imported, { name: "made:1", tier: "back" }],
    ["import", imported, { name: imported, tier: "back" }],
    ["tag", kept, { name: "kept:2", of: "test" }],
    ["commit", box, { ...ofBox, comment: "why", imageID: kept, imageRef: "kept:2" }],
    ["commit", box, { ...ofBox, comment: "", imageID: nameless, imageRef: "" }],
  ]);
});

test("IMG-27 docker build is refused with the way round", async () => {
  await host.run("sh", "-c", `mkdir -p ${host.folder}/b; echo FROM scratch > ${host.folder}/b/Dockerfile`);
  const { code, stderr } = await host.exec([
    "env",
    "DOCKER_BUILDKIT=0",
    "docker",
    "-H",
    `unix://${host.socket}`,
    "build",
    `${host.folder}/b`,
  ]);
  assert.notEqual(code, 0);
  assert.match(stderr, /building images is not supported: build elsewhere .*docker save NAME \| docker -H THIS load/);
});
