import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, afterEach, test } from "node:test";
import { callApi, clear, refusal } from "../../lab/api.ts";
import { dockerCli } from "../../lab/docker-cli.ts";
import { lacksNewDocker } from "../../lab/docker-version.ts";
import { Host } from "../../lab/host.ts";
import { rootArchive } from "../../lab/images/docker-archive.ts";
import { directory, file } from "../../lab/images/tar.ts";

const skip = lacksNewDocker();

const host = await Host.create();
const { docker, failure } = dockerCli(host, { mayWarn: true });
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
writeFileSync(
  host.pathOf(`${host.folder}/root.tar`),
  rootArchive([
    directory("data", { mode: 0o750, owner: { uid: 33, gid: 44 } }),
    directory("data/sub"),
    file("data/sub/seed", "from the image\n", { mode: 0o640, owner: { uid: 1000, gid: 1000 } }),
  ]),
);
await docker("import", `${host.folder}/root.tar`, "small");

afterEach(async () => {
  await clear(host);
  await docker("volume", "prune", "-af");
});

/** Runs a shell command in a container that is removed at its end. */
const sh = (command: string, ...options: string[]) =>
  docker("run", "--rm", "--network", "none", ...options, "small", "sh", "-c", command);

const inspect = async (name: string) =>
  (JSON.parse(await docker("volume", "inspect", name)) as Record<string, unknown>[])[0] ?? {};

test("VOL-1 docker volume create, ls, inspect and rm, with Docker's fields and words", { skip }, async () => {
  assert.equal(await docker("volume", "create", "--label", "tier=front", "data"), "data");
  const { CreatedAt, ...rest } = await inspect("data");
  assert.ok(Date.parse(String(CreatedAt)) > 0);
  const Mountpoint = `${host.folder}/data/volumes/data/_data`;
  const labels = { tier: "front" };
  assert.deepEqual(rest, {
    ...{ Driver: "local", Labels: labels, Mountpoint, Name: "data", Options: null },
    Scope: "local",
  });
  assert.equal(await docker("volume", "create", "data"), "data");
  const anonymous = await docker("volume", "create");
  assert.match(anonymous, /^[0-9a-f]{64}$/);
  assert.equal(await docker("volume", "ls", "--format", "{{.Driver}} {{.Name}}", "-f", "label=tier"), "local data");
  assert.equal(await docker("volume", "ls", "-q", "-f", "dangling=true", "-f", "name=dat"), "data");
  assert.match(await failure("volume", "create", "a b"), /create a b: "a b" includes invalid characters for a local/);
  assert.match(await failure("volume", "create", "-d", "rexray", "x1"), /plugin "rexray" not found/);
  assert.match(
    await failure("volume", "create", "-o", "type=tmpfs", "data"),
    /missing device|exists with other options/,
  );
  assert.match(await failure("volume", "inspect", "nope"), /get nope: no such volume/);
  assert.match(await failure("volume", "rm", "nope"), /get nope: no such volume/);
  assert.equal(await docker("volume", "rm", "data", anonymous), `data\n${anonymous}`);
  assert.equal(await docker("volume", "ls", "-q"), "");
  assert.match(await refusal(host, "DELETE", "/volumes/nope"), /^404 get nope: no such volume$/);
  assert.equal((await callApi(host, "DELETE", "/volumes/nope?force=1")).status, 204);
});

test("VOL-2 a volume keeps what containers write, and is refused to be removed while one has it", {
  skip,
}, async () => {
  await sh("echo one > /v/file", "-v", "data:/v");
  assert.equal(await sh("cat /v/file", "--mount", "type=volume,source=data,target=/v,readonly"), "one");
  assert.match(
    (await host.docker("run", "--rm", "-v", "data:/v:ro", "small", "sh", "-c", "echo two > /v/file")).stderr,
    /Read-only file system/,
  );
  const id = await docker("create", "-v", "data:/v", "small", "true");
  assert.match(await failure("volume", "rm", "data"), new RegExp(`remove data: volume is in use - \\[${id}\\]`));
  assert.equal(await docker("ps", "-aq", "--no-trunc", "-f", "volume=data"), id);
  await docker("rm", "-v", id);
  assert.equal(await docker("volume", "ls", "-q"), "data"); // named volumes stay
});

test("VOL-3 an empty volume gets what the image has at its place, with owner and mode, unless nocopy", {
  skip,
}, async () => {
  const shown = "stat -c '%u %g %a' /data /data/sub/seed; cat /data/sub/seed";
  assert.equal(await sh(shown, "-v", "data:/data"), "33 44 750\n1000 1000 640\nfrom the image");
  assert.equal(await sh("ls -A /data", "-v", "bare:/data:nocopy"), "");
  assert.equal(await sh("ls -A /data", "--mount", "type=volume,src=bare2,dst=/data,volume-nocopy"), "");
  await sh("rm -r /data/sub; touch /data/mine", "-v", "data:/data");
  assert.equal(await sh("ls -A /data", "-v", "data:/data"), "mine"); // filled once
  // At create, as Docker does, and not again at a start.
  await docker("create", "--name", "c1", "-v", "early:/data", "small", "ls", "-A", "/data");
  assert.equal(await sh("ls -A /x", "-v", "early:/x"), "sub");
  await sh("rm -r /x/sub", "-v", "early:/x");
  assert.equal(await docker("start", "-a", "c1"), "");
});

test("VOL-4 inspect and ps show the mounts, and HostConfig what was asked for", { skip }, async () => {
  const mount = "type=volume,source=other,target=/o,volume-label=a=b,volume-nocopy";
  await docker(
    "create",
    "--name",
    "c1",
    "-v",
    "data:/v:ro",
    "-v",
    "/anon",
    "-v",
    "/var/tmp:/t",
    "--mount",
    mount,
    "small",
    "true",
  );
  const [found] = JSON.parse(await docker("inspect", "c1")) as Record<string, never>[];
  const { Mounts, HostConfig, Config } = found as unknown as Record<string, Record<string, unknown>>;
  const source = (name: string) => ({
    Name: name,
    Source: `${host.folder}/data/volumes/${name}/_data`,
    Driver: "local",
  });
  // The client sends what -v gives in no order.
  const byDestination = (a: Record<string, string>, b: Record<string, string>) =>
    String(a["Destination"]).localeCompare(String(b["Destination"]));
  const list = (Mounts as unknown as Record<string, string>[]).toSorted(byDestination);
  const anonymous = list.find(({ Destination }) => Destination === "/anon")?.["Name"] ?? "";
  assert.deepEqual(list, [
    { Type: "volume", ...source(anonymous), Destination: "/anon", Mode: "", RW: true, Propagation: "" },
    { Type: "volume", ...source("other"), Destination: "/o", Mode: "z", RW: true, Propagation: "" },
    { Type: "bind", Source: "/var/tmp", Destination: "/t", Mode: "", RW: true, Propagation: "rprivate" },
    { Type: "volume", ...source("data"), Destination: "/v", Mode: "ro", RW: false, Propagation: "" },
  ]);
  assert.deepEqual((HostConfig?.["Binds"] as string[] | undefined)?.toSorted(), ["/var/tmp:/t", "data:/v:ro"]);
  assert.deepEqual(
    (HostConfig?.["Mounts"] as { Source: string }[] | undefined)?.map(({ Source }) => Source),
    ["other"],
  );
  assert.deepEqual(Config?.["Volumes"], { "/anon": {} });
  assert.match(
    await docker("ps", "-a", "--no-trunc", "--format", "{{.Mounts}}"),
    /^(data,\/var\/tmp|\/var\/tmp,data),other,[0-9a-f]{64}$/,
  );
  assert.deepEqual((await inspect("other"))["Labels"], { a: "b" });
});

test("VOL-5 anonymous volumes go with --rm and rm -v, and are pruned; named ones only by prune -a", {
  skip,
}, async () => {
  await sh("true", "-v", "/anon");
  assert.equal(await docker("volume", "ls", "-q"), "");
  await docker("run", "--name", "c1", "--network", "none", "-v", "/anon", "-v", "named:/n", "small", "true");
  await docker("rm", "c1");
  assert.equal((await docker("volume", "ls", "-q")).split("\n").length, 2);
  assert.match(await docker("volume", "prune", "-f"), /^Deleted Volumes:\n[0-9a-f]{64}\n\nTotal reclaimed space: /);
  assert.equal(await docker("volume", "ls", "-q"), "named");
  await docker("run", "--name", "c2", "--network", "none", "-v", "/anon", "small", "true");
  await docker("rm", "-v", "c2");
  assert.match(await docker("volume", "prune", "-af"), /^Deleted Volumes:\nnamed\n/);
});

test("VOL-6 --volumes-from shares volumes and binds, read-only with :ro", { skip }, async () => {
  await docker("create", "--name", "store", "-v", "data:/v", "-v", "/anon", "small", "true");
  await sh("echo x > /v/file; echo y > /anon/file", "--volumes-from", "store");
  assert.equal(await sh("cat /v/file /anon/file", "--volumes-from", "store:ro"), "x\ny");
  const denied = await host.docker("run", "--rm", "--volumes-from", "store:ro", "small", "touch", "/v/more");
  assert.match(denied.stderr, /Read-only file system/);
  assert.match(await failure("run", "--rm", "--volumes-from", "nobody", "small", "true"), /No such container: nobody/);
});

test("VOL-7 a subpath of a volume is mounted alone, and a link cannot lead it out", { skip }, async () => {
  await sh("mkdir -p /v/a/b; echo deep > /v/a/b/file; ln -s /etc /v/out; ln -s a/b /v/in", "-v", "data:/v");
  const at = (path: string) => ["--mount", `type=volume,source=data,target=/s,volume-subpath=${path}`];
  assert.equal(await sh("cat /s/file", ...at("a/b")), "deep");
  assert.equal(await sh("cat /s/file", ...at("in")), "deep");
  assert.equal(await sh("cat /s", ...at("a/b/file")), "deep");
  const why = (path: string) => failure("run", "--rm", ...at(path), "small", "ls", "/s");
  assert.match(await why("out"), /path concatenation escapes the base directory, volume: "data", subpath: "out"/);
  assert.match(await why("missing"), /cannot access path "missing" of volume data/);
  const missing = await host.docker("run", "--rm", ...at("missing"), "small", "true");
  assert.match(`${missing.code} ${missing.stderr}`, /^127 .*: no such file or directory$/m);
  assert.match(await failure("run", "--rm", ...at("../x"), "small", "true"), /subpath must be a relative path/);
});

test("VOL-13 a bind of the daemon's own directory propagates as rslave, and no other way than rshared", {
  skip,
}, async () => {
  const root = await docker("info", "-f", "{{.DockerRootDir}}");
  const shown = async (...options: string[]) => {
    await docker("create", "--name", "c1", "--network", "none", ...options, "small", "true");
    const said = await docker("inspect", "-f", "{{range .Mounts}}{{.Propagation}}{{end}}", "c1");
    await docker("rm", "c1");
    return said;
  };
  for (const source of [root, `${root}/containers`, "/"]) assert.equal(await shown("-v", `${source}:/x`), "rslave");
  assert.equal(await shown("-v", `${root}:/x:rshared`), "rshared");
  assert.equal(await shown("-v", `${root}-beside:/x`), "rprivate");
  for (const mode of ["private", "rprivate", "slave", "shared"]) {
    assert.match(
      await failure("create", "-v", `${root}:/x:${mode}`, "small", "true"),
      /must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root/,
    );
  }
  const { stdout } = await host.docker(
    "run",
    "--rm",
    "--network",
    "none",
    "-v",
    "/:/x",
    "small",
    "ls",
    "-d",
    `/x${root}`,
  );
  assert.equal(stdout.trim(), `/x${root}`);
});

test("VOL-8 driver options mount a file system with the first user and unmount it with the last", {
  skip,
}, async () => {
  const mounts = async () =>
    (await host.run("cat", "/proc/self/mounts")).split("\n").filter((line) => line.includes("/volumes/")).length;
  await docker("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m,uid=1000", "ram");
  assert.equal(await mounts(), 0);
  await docker("run", "-d", "--name", "c1", "--network", "none", "-v", "ram:/r", "small", "sleep", "infinity");
  await docker("run", "-d", "--name", "c2", "--network", "none", "-v", "ram:/r", "small", "sleep", "infinity");
  assert.equal(await docker("exec", "c1", "stat", "-c", "%u", "/r"), "1000");
  await docker("exec", "c1", "touch", "/r/file");
  assert.equal(await docker("exec", "c2", "ls", "/r"), "file");
  await host.killDaemon();
  await host.startDaemon();
  await docker("rm", "-f", "c1");
  assert.equal(await mounts(), 1);
  await docker("rm", "-f", "c2");
  assert.equal(await mounts(), 0);
  await host.run("mkdir", "-p", `${host.folder}/srv/x`);
  await docker("volume", "create", "-o", "type=none", "-o", `device=${host.folder}/srv`, "-o", "o=bind", "bound");
  assert.equal(await sh("ls /b", "-v", "bound:/b"), "x");
  await docker("volume", "create", "-o", "type=none", "-o", "device=/nowhere", "-o", "o=bind", "broken");
  assert.match(
    await failure("run", "--rm", "-v", "broken:/b", "small", "true"),
    /failed to mount local volume: .*nowhere/,
  );
  await docker("volume", "rm", "bound");
  assert.equal(await host.run("ls", `${host.folder}/srv`), "x\n"); // what was bound is not the volume's
});

test("VOL-9 events of volumes, with Docker's attributes", { skip }, async () => {
  const since = `${Math.floor(Date.now() / 1000)}`;
  await sh("true", "-v", "data:/v:ro");
  await docker("volume", "rm", "data");
  const format = "{{.Action}} {{json .Actor.Attributes}}";
  const until = ["--until", `${Math.ceil(Date.now() / 1000)}`];
  const lines = (
    await docker("events", "--since", since, ...until, "-f", "type=volume", "-f", "volume=data", "--format", format)
  )
    .split("\n")
    .map((line) => line.replace(/[0-9a-f]{64}/, "ID"));
  assert.deepEqual(lines, [
    'create {"driver":"local"}',
    'mount {"container":"ID","destination":"/v","driver":"local","propagation":"","read/write":"false"}',
    'unmount {"container":"ID","driver":"local"}',
    'destroy {"driver":"local"}',
  ]);
});
