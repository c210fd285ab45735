import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { callApi, refusal } from "../../../lab/api.ts";
import { dockerCli } from "../../../lab/docker-cli.ts";
import { lacksNewDocker } from "../../../lab/docker-version.ts";
import { Host } from "../../../lab/host.ts";
import { loadImages } from "../../../lab/images/put-archive.ts";

const skip = lacksNewDocker();

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
const [own, other] = process.arch === "arm64" ? ["arm64", "amd64"] : ["amd64", "arm64"];

const { docker, failure } = dockerCli(host);

/** Of this machine, and, by import, of another one. */
before(async () => {
  await host.startDaemon();
  await loadImages(host, { tags: ["own:1"] });
  const root = `${host.folder}/root.tar`;
  await docker("create", "--name", "box", "own:1");
  await docker("export", "-o", root, "box");
  await docker("import", "--platform", `linux/${other}/v8`, root, "other:1");
  assert.equal(await docker("inspect", "-f", "{{.Architecture}} {{.Variant}}", "other:1"), `${other} v8`);
});

const mismatch = (name: string, wanted: string, actual: string) =>
  `image with reference ${name} was found but its platform (linux/${actual}) does not match the specified platform (linux/${wanted})`;

test("IMG-28 docker run --platform takes an image for that platform only, and else pulls", async () => {
  const text = mismatch("own:1", other, own);
  assert.ok((await failure("run", "--rm", "--pull", "never", "--platform", `linux/${other}`, "own:1")).includes(text));
  const pulled = await failure("create", "--platform", `linux/${other}`, "own:1");
  assert.match(pulled, /^Unable to find image 'own:1' locally\n[\s\S]*Cannot reach registry/);
  assert.equal(await docker("run", "--rm", "--platform", `linux/${own}`, "own:1", "echo", "runs"), "runs");
  const wrong = await refusal(host, "POST", "/containers/create?platform=a/b/c/d", { Image: "own:1", Cmd: ["true"] });
  assert.match(wrong, /^400 .*"a\/b\/c\/d" is not OS\/ARCHITECTURE/);
  const { Image, Platform } = JSON.parse(await docker("inspect", "-f", "{{json .}}", "box")) as Record<string, string>;
  assert.deepEqual([Image?.slice(0, 7), Platform], ["sha256:", "linux"]);
});

test("IMG-28 a container of another machine's image is made with a warning, unless the platform was asked for", async () => {
  const made = await host.docker("create", "--name", "theirs", "other:1", "true");
  const warning = `The requested image's platform (linux/${other}/v8) does not match the detected host platform (linux/${own}) and no specific platform was requested`;
  assert.deepEqual([made.code, made.stderr.trim()], [0, `WARNING: ${warning}`]);
  await docker("create", "--platform", `linux/${other}`, "other:1", "true");
});

test("IMG-28 inspect, history, save and push take a platform; rm refuses one", { skip }, async () => {
  const text = mismatch("other:1", own, `${other}/v8`);
  for (const verb of [["image", "inspect"], ["history"], ["push"]]) {
    const said = await failure(...verb, "--platform", `linux/${own}`, "other:1");
    assert.ok(said.includes(text), `${verb}: ${said}`);
  }
  const archive = `${host.folder}/none.tar`;
  assert.match(
    await failure("save", "--platform", `linux/${own}`, "-o", archive, "own:1", "other:1"),
    /specified platform \(linux/,
  );
  assert.equal(await docker("inspect", "--type", "image", "-f", "{{.Os}}", "other:1"), "linux");
  assert.match(await failure("rmi", "--platform", `linux/${other}`, "other:1"), /an image here is of one platform/);
  const query = encodeURIComponent(JSON.stringify({ architecture: own, os: "linux" }));
  assert.match(await refusal(host, "GET", `/v1.49/images/other:1/json?platform=${query}`), /^404 image with reference/);
  assert.equal((await callApi(host, "GET", `/v1.48/images/other:1/json?platform=${query}`)).status, 200);
  for (const wrong of ["linux", '{"os":"linux"}'])
    assert.match(
      await refusal(host, "GET", `/images/own:1/json?platform=${encodeURIComponent(wrong)}`),
      /^400 .*platform/,
    );
});

test("IMG-28 docker load --platform takes the images for it, and says when there is none", { skip }, async () => {
  const archive = `${host.folder}/both.tar`;
  await docker("save", "-o", archive, "own:1", "other:1");
  assert.equal(await docker("load", "--platform", `linux/${other}`, "-i", archive), "Loaded image: other:1");
  assert.match(
    await failure("load", "--platform", "linux/s390x", "-i", archive),
    /no image of the archive is for linux/,
  );
});

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Puts the index of an image into a layout. */
function putIndex(layout: string, name: string, manifests: readonly Descriptor[]): Descriptor {
  const index = JSON.stringify({ schemaVersion: 2, manifests });
  const hash = createHash("sha256").update(index).digest("hex");
  writeFileSync(`${layout}/blobs/sha256/${hash}`, index);
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const annotations = { "io.containerd.image.name": `docker.io/library/${name}:1` };
  return { mediaType, digest: `sha256:${hash}`, size: index.length, annotations };
}

/** One name for both images, as builders of several platforms write it: an OCI layout whose index leads to an index; before it one of this machine only. */
async function multiPlatformArchive(): Promise<string> {
  const layout = `${host.folder}/layout`;
  for (const name of ["own", "other"]) {
    const archive = `${host.folder}/${name}.tar`;
    await docker("save", "-o", archive, `${name}:1`);
    await host.run("skopeo", "copy", "-q", `docker-archive:${archive}`, `oci:${layout}:${name}`);
  }
  const place = host.pathOf(layout);
  const { manifests } = JSON.parse(readFileSync(`${place}/index.json`, "utf8")) as { manifests: Descriptor[] };
  const architectures = [own, other];
  const offered = manifests.map(({ annotations: _, ...manifest }, at) => ({
    ...manifest,
    platform: { os: "linux", architecture: architectures[at] },
  }));
  const tops = [putIndex(place, "single", offered.slice(0, 1)), putIndex(place, "several", offered)];
  writeFileSync(`${place}/index.json`, JSON.stringify({ schemaVersion: 2, manifests: tops }));
  await host.run("tar", "-C", layout, "-cf", `${layout}.tar`, ".");
  return `${layout}.tar`;
}

test("IMG-28 docker load takes of an image for several platforms this machine's, or the one that is named", {
  skip,
}, async () => {
  const archive = await multiPlatformArchive();
  const architecture = () => docker("image", "inspect", "-f", "{{.Architecture}}", "several:1");
  assert.equal(await docker("load", "-i", archive), "Loaded image: single:1\nLoaded image: several:1");
  assert.equal(await architecture(), own);
  assert.equal(await docker("load", "--platform", `linux/${other}`, "-i", archive), "Loaded image: several:1");
  assert.equal(await architecture(), other);
  const none = await failure("load", "--platform", "linux/s390x", "-i", archive);
  assert.match(none, /no image of the archive is for linux\/s390x/);
});
