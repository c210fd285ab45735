import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { clear } from "../../../lab/api.ts";
import { Host } from "../../../lab/host.ts";
import { imageId, rootArchive } from "../../../lab/images/docker-archive.ts";
import { putArchive } from "../../../lab/images/put-archive.ts";
import { file } from "../../../lab/images/tar.ts";
import { LineLog } from "../../../lab/line-log.ts";
import { ending } from "../../../lab/process.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
afterEach(() => clear(host));

/** A command line of the unmodified docker CLI, as it is typed; it must succeed. */
async function docker(command: string): Promise<string> {
  const { code, stdout, stderr } = await typed(command);
  assert.equal(code, 0, `docker ${command}: ${stderr}`);
  return stdout.trimEnd();
}
const env = { DOCKER_HOST: `unix://${host.socket}` };
const typed = (command: string, input = "") => host.exec(["sh", "-c", `docker ${command}`], { env, input });

/** All events until now: a duration such as 0s the CLI would round to a whole second. */
const past = "--since 1 --until $(date +%s.%N)";

before(async () => {
  writeFileSync(host.pathOf(`${host.folder}/root.tar`), rootArchive([file("srv/index.html", "page\n")]));
  await docker(`import ${host.folder}/root.tar small:1`);
});

test("CLI-1 docker run: output and errors apart, input, exit codes, --rm", async () => {
  const { code, stdout, stderr } = await typed("run --rm small:1 sh -c 'echo out; echo err >&2; exit 3'");
  assert.deepEqual([code, stdout, stderr], [3, "out\n", "err\n"]);
  assert.equal((await typed("run --rm -i small:1 tr a-z A-Z", "shout\n")).stdout, "SHOUT\n");
  assert.equal((await typed("run --rm small:1 absent")).code, 127);
  assert.equal((await typed("run --rm small:1 /etc/group")).code, 126);
  assert.equal((await typed("run --rm --no-such-flag small:1")).code, 125);
  assert.equal(await docker("ps -aq"), "");
});

test("CLI-1 docker run -d, ps with filters and formats, port, inspect, rename", async () => {
  const id = await docker("run -d --name web -p 8080:80 -l tier=front -e A=b -w /srv small:1 httpd -f -p 80");
  await docker("create --name never small:1 true");
  assert.equal(await docker("ps -q --no-trunc"), id);
  assert.equal(await docker("ps -a --filter status=created --format '{{.Names}}'"), "never");
  assert.equal(await docker("ps --filter label=tier --format '{{.Image}} {{.Command}}'"), 'small:1 "httpd -f -p 80"');
  assert.equal(await docker("port web 80/tcp"), "0.0.0.0:8080");
  assert.equal(await host.run("curl", "-s", "http://127.0.0.1:8080/"), "page\n");
  assert.equal(
    await docker("inspect -f '{{.Config.WorkingDir}} {{json .Config.Labels}} {{.State.Status}}' web"),
    '/srv {"tier":"front"} running',
  );
  await docker("rename web site");
  assert.equal(await docker("exec site sh -c 'echo $A; exit 0'"), "b");
  assert.equal((await typed("exec site sh -c 'exit 5'")).code, 5);
  assert.match((await typed("inspect web")).stderr, /No such object: web/);
});

test("CLI-1 docker stop, start, restart, kill, pause, wait and rm, and what ps says of each", async () => {
  await docker("run -d --name one --init=false small:1 sh -c 'trap \"exit 0\" TERM; while :; do sleep 0.1; done'");
  const status = () => docker("ps -a --format '{{.Status}}' --filter name=one");
  await docker("stop one");
  assert.match(await status(), /^Exited \(0\)/);
  await docker("start one");
  assert.match(await status(), /^Up/);
  await docker("pause one");
  assert.match(await status(), /\(Paused\)$/);
  await docker("unpause one");
  await docker("restart -t 1 one");
  await docker("kill -s KILL one");
  assert.equal(await docker("wait one"), "137");
  assert.match((await typed("rm absent")).stderr, /No such container: absent/);
  assert.equal(await docker("rm one"), "one");
});

test("CLI-1 docker logs: tail, since, timestamps, and -f until the end", async () => {
  await docker("run -d --name talker small:1 sh -c 'echo 1; echo 2; echo 3 >&2; exec sleep 1000'");
  const following = host.spawn(["docker", "logs", "-f", "talker"], env);
  const log = new LineLog(following);
  await Promise.all([log.logged(/^2$/), log.logged(/^3$/)]);
  assert.match(await docker("logs -t -n 1 talker 2>&1"), /^\d{4}-\d\d-\d\dT[\d:.]+Z 3$/);
  assert.equal(await docker("logs --until 2020-01-01T00:00:00Z talker"), "");
  await docker("kill talker");
  assert.deepEqual(await ending(following), [0, null]);
});

test("CLI-1 docker run --restart: a container that fails is started again as often as asked", async () => {
  await docker("run -d --name again --restart on-failure:2 small:1 false");
  while ((await docker("inspect -f '{{.State.Status}} {{.RestartCount}}' again")) !== "exited 2");
  const starts = await docker(`events ${past} --filter container=again --filter event=start`);
  assert.equal(starts.split("\n").length, 3);
});

test("CLI-1 docker volume: made, filled from the image, shared, listed, kept by rm, pruned", async () => {
  await docker("volume create --label a=b data");
  await docker("run --rm -v data:/srv small:1 sh -c 'echo more >> /srv/index.html'");
  assert.equal(await docker("run --rm -v data:/mnt:ro small:1 cat /mnt/index.html"), "page\nmore");
  assert.equal((await typed("run --rm -v data:/mnt:ro small:1 touch /mnt/x")).code, 1);
  assert.equal(await docker("volume ls -q --filter label=a"), "data");
  assert.match(await docker("volume inspect -f '{{.Mountpoint}}' data"), /volumes\/data\/_data$/);
  await docker("create --name user --mount type=volume,src=data,dst=/srv small:1 true");
  assert.match((await typed("volume rm data")).stderr, /volume is in use/);
  await docker("rm -v user");
  assert.equal(await docker("volume rm data"), "data");
});

test("CLI-1 docker events --since: what happened to a container on its network, in docker's words", async () => {
  await docker("network create net");
  await docker("run --rm --name short --network net small:1 true");
  const format = "'{{.Type}} {{.Action}}'";
  const said = await docker(`events ${past} --filter type=container --filter container=short --format ${format}`);
  assert.deepEqual(
    said.split("\n"),
    ["create", "attach", "start", "die", "destroy"].map((what) => `container ${what}`),
  );
  await docker("network rm net");
});

test("CLI-1 docker info, version, system and container prune", async () => {
  assert.match(await docker("info -f '{{.Driver}} {{.OSType}} {{.ServerVersion}}'"), /linux/);
  assert.match(await docker("version -f '{{.Server.APIVersion}}'"), /^1\./);
  await docker("run --name done small:1 true");
  assert.match(await docker("container prune -f"), /^Deleted Containers:\n[0-9a-f]{64}/);
});

test("CLI-1 docker load, tag, images, history, inspect and rmi: an image with a configuration is run as it says", async () => {
  const config = { Cmd: ["sh", "-c", "echo $GREETING from $(whoami) in $(pwd)"], WorkingDir: "/srv", User: "user" };
  const app = { tags: ["app:1"], config: { ...config, Env: ["PATH=/bin", "GREETING=hello"] } };
  assert.equal(await docker(`load -i ${putArchive(host, app)}`), "Loaded image: app:1");
  assert.equal(await docker("run --rm app:1"), "hello from user in /srv");
  assert.equal(await docker("run --rm -e GREETING=bye -u root -w / app:1"), "bye from root in /");
  await docker("tag app:1 app:latest");
  assert.equal(await docker("images -q --no-trunc app"), `${imageId(app)}\n${imageId(app)}`);
  assert.match(await docker("history app"), /busybox-static of the machine/);
  await docker("rmi app:1 app");
  assert.match((await typed("run --rm --pull never app")).stderr, /No such image: app/);
});

test("CLI-1 docker cp, diff and export; docker update while it runs", async () => {
  await docker("run -d --name box small:1 sleep 1000");
  await host.run("sh", "-c", `echo copied > ${host.folder}/note`);
  await docker(`cp ${host.folder}/note box:/tmp/note`);
  assert.equal(await docker("exec box cat /tmp/note"), "copied");
  assert.equal(await docker("cp box:/tmp/note - | tar -xO"), "copied");
  assert.match(await docker("diff box"), /^A \/tmp\/note$/m);
  assert.match(await docker("export box | tar -t"), /tmp\/note/);
  assert.equal(await docker("update --memory 64m --memory-swap -1 box"), "box");
  assert.equal(await docker("inspect -f '{{.HostConfig.Memory}}' box"), "67108864");
});

test("CLI-8 docker info and version name runc and the init process as they are on this machine", async () => {
  const [, version = ""] = /version (\S+)\ncommit: (\S+)/.exec(await host.run("runc", "--version")) ?? [];
  const [, commit = ""] = /commit: (\S+)/.exec(await host.run("runc", "--version")) ?? [];
  const info = await host.docker("info");
  assert.ok(info.stdout.includes(`\n runc version: ${commit}\n`), info.stdout);
  assert.match(info.stdout, /\n init version: \S+\n/);
  assert.match(info.stdout, /\n Insecure Registries:\n {2}::1\/128\n {2}127\.0\.0\.0\/8\n/);
  const shown = await host.docker("version", "-f", "{{range .Server.Components}}{{.Name}}={{.Version}} {{end}}");
  assert.ok(shown.stdout.includes(` runc=${version} conmon=`), shown.stdout);
});
