import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { after, afterEach, test } from "node:test";
import { clear } from "../../lab/api.ts";
import { dockerCli } from "../../lab/docker-cli.ts";
import { lacksNewDocker } from "../../lab/docker-version.ts";
import { Host } from "../../lab/host.ts";
import { rootArchive } from "../../lab/images/docker-archive.ts";
import { directory, file, symlink } from "../../lab/images/tar.ts";

const skip = lacksNewDocker();
const host = await Host.create();
const { docker, failure } = dockerCli(host, { mayWarn: true });
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
writeFileSync(
  host.pathOf(`${host.folder}/root.tar`),
  rootArchive([
    directory("srv/deep"),
    file("srv/deep/file", "deep\n", { mode: 0o640, owner: { uid: 1000, gid: 1000 } }),
    file("srv/old", "old\n"),
  ]),
);
await docker("import", `${host.folder}/root.tar`, "small");
await host.run("mkdir", "-p", `${host.folder}/cp`);

afterEach(async () => {
  await clear(host);
  await docker("volume", "prune", "-af");
  await host.run("sh", "-c", `rm -rf ${host.folder}/cp/*`);
});

const place = (name: string) => `${host.folder}/cp/${name}`;
const read = (name: string) => readFileSync(host.pathOf(place(name)), "utf8");
const sh = (command: string) => host.run("sh", "-c", command);
const inside = (name: string, command: string) => docker("exec", name, "sh", "-c", command);

/** One that runs and one that never did: docker cp does not tell them apart. */
async function both(...options: string[]): Promise<void> {
  const rest = ["--network", "none", ...options, "small", "sleep", "infinity"];
  await docker("run", "-d", "--name", "running", ...rest);
  await docker("create", "--name", "stopped", ...rest);
}

for (const name of ["running", "stopped"]) {
  test(`FILE-1 docker cp copies files and directories both ways (${name})`, { skip }, async () => {
    await both();
    await sh(`mkdir -p ${place("dir/sub")}; echo new > ${place("dir/sub/file")}; chmod 600 ${place("dir/sub/file")}`);
    await sh(`ln -s sub/file ${place("dir/link")}; ln ${place("dir/sub/file")} ${place("dir/hard")}`);
    await docker("cp", place("dir"), `${name}:/srv/copied`); // not there: it becomes that
    await docker("cp", place("dir"), `${name}:/srv/deep`); // there: it goes into it
    await docker("cp", `${place("dir")}/.`, `${name}:/srv`); // its content
    await docker("cp", `${name}:/srv`, place("back"));
    assert.equal(read("back/copied/sub/file"), "new\n");
    assert.equal(read("back/deep/dir/hard"), "new\n");
    assert.equal(read("back/sub/file"), "new\n");
    const shown = await sh(
      `cd ${place("back")}; stat -c '%a %F' link hard sub/file; stat -c %h sub/file; readlink link`,
    );
    assert.deepEqual(shown.split("\n").slice(0, -1), [
      ...["777 symbolic link", "600 regular file", "600 regular file"],
      ...["2", "sub/file"],
    ]);
    await docker("cp", `${name}:/srv/deep/file`, place("single"));
    assert.equal(read("single"), "deep\n");
    await docker("cp", `${name}:/srv/deep/.`, place("content"));
    assert.equal(read("content/file"), "deep\n");
    await docker("cp", place("single"), `${name}:/srv/old`); // a file over a file
    await docker("cp", `${name}:/srv/old`, place("old"));
    assert.equal(read("old"), "deep\n");
  });

  test(`FILE-4 what the container has as /etc/hosts and /etc/resolv.conf is what a copy sees (${name})`, {
    skip,
  }, async () => {
    await both("--add-host", "printer:10.9.8.7", "--dns", "192.0.2.53");
    for (const step of name === "stopped" ? ["start", "kill"] : []) await docker(step, name);
    await docker("cp", `${name}:/etc/hosts`, place("hosts"));
    await docker("cp", `${name}:/etc`, place("etc"));
    assert.match(read("hosts"), /^10\.9\.8\.7\tprinter$/m);
    assert.match(read("etc/resolv.conf"), /192\.0\.2\.53/);
    assert.match(
      await failure("cp", place("hosts"), `${name}:/etc/hosts`),
      /cannot replace hosts: something is mounted there/,
    );
    assert.equal(await docker("diff", name), "");
  });

  test(`FILE-2 docker cp with - streams an archive in and out (${name})`, { skip }, async () => {
    await both();
    await sh(`cd ${place("")}; mkdir in; echo x > in/x; chown 1000:50 in/x; tar -cf in.tar in`);
    const cli = `docker -H unix://${host.socket}`;
    await sh(`${cli} cp - ${name}:/srv < ${place("in.tar")}`);
    await sh(`gzip ${place("in.tar")}; ${cli} cp - ${name}:/srv/deep < ${place("in.tar.gz")}`);
    assert.equal(
      await sh(`${cli} cp ${name}:/srv/in - | tar -tvf - --numeric-owner | awk '{print $1, $2, $6}'`),
      "drwxr-xr-x 0/0 in/\n-rw-r--r-- 1000/50 in/x\n",
    );
    assert.match(await sh(`${cli} cp ${name}:/srv/deep/. - | tar -tf -`), /^\.\/\n(?:.*\n)*\.\/in\/x\n/);
    assert.match(await sh(`${cli} cp ${name}:/ - | tar -tf - -P`), /^\/\n(?:.*\n)*\/srv\/in\/x\n/);
    assert.equal(await sh(`${cli} cp ${name}:/srv/deep/file - | tar -xOf -`), "deep\n");
  });

  test(`FILE-3 links lead to where the container has it; cp -L follows them (${name})`, { skip }, async () => {
    await both();
    await sh(
      `cd ${place("")}; mkdir in; ln -s /srv/deep in/absolute; ln -s ../../../../srv in/up; ln -s nowhere in/broken`,
    );
    await docker("cp", `${place("in")}/.`, `${name}:/tmp`);
    await docker("cp", `${name}:/tmp/absolute`, place("link"));
    assert.equal((await sh(`readlink ${place("link")}`)).trim(), "/srv/deep");
    await docker("cp", "-L", `${name}:/tmp/absolute`, place("followed"));
    assert.equal(read("followed/file"), "deep\n");
    await docker("cp", `${name}:/tmp/up/deep/file`, place("through"));
    assert.equal(read("through"), "deep\n");
    await docker("cp", place("through"), `${name}:/tmp/absolute/put`);
    await docker("cp", `${name}:/srv/deep/put`, place("put"));
    assert.equal(read("put"), "deep\n");
    await docker("cp", `${name}:/tmp/broken`, place("broken"));
    assert.equal((await sh(`readlink ${place("broken")}`)).trim(), "nowhere");
  });

  test(`FILE-4 volumes and binds are seen, read-only ones are not written to (${name})`, { skip }, async () => {
    await sh(`mkdir ${place("bound")}; echo b > ${place("bound/b")}; echo f > ${place("f")}`);
    const options = ["-v", "data:/data", "-v", `${place("bound")}:/bound:ro`, "--tmpfs", "/scratch"];
    await both(...options);
    await docker("cp", place("f"), `${name}:/data/f`);
    assert.equal(await docker("run", "--rm", "-v", "data:/d", "small", "cat", "/d/f"), "f");
    await docker("cp", `${name}:/bound/b`, place("b"));
    assert.equal(read("b"), "b\n");
    assert.match(await failure("cp", place("f"), `${name}:/bound/f`), /mounted volume is marked read-only/);
    await docker("create", "--name", "fixed", "--read-only", "-v", "data:/data", "small", "true");
    assert.match(await failure("cp", place("f"), "fixed:/srv/f"), /container rootfs is marked read-only/);
    await sh(`dd if=/dev/zero of=${place("large")} bs=1M count=8 2>/dev/null`);
    assert.match(await failure("cp", place("large"), "fixed:/srv/f"), /container rootfs is marked read-only/);
    await docker("cp", place("f"), "fixed:/data/g");
  });

  test(`FILE-5 refusals in Docker's words (${name})`, { skip }, async () => {
    await both();
    await sh(`mkdir -p ${place("dir")}; echo f > ${place("f")}`);
    assert.match(
      await failure("cp", `${name}:/nope`, place("x")),
      new RegExp(`Could not find the file /nope in container ${name}`),
    );
    assert.match(
      await failure("cp", place("f"), `${name}:/nope/f`),
      new RegExp(`Could not find the file /nope in container ${name}`),
    );
    assert.match(await failure("cp", place("dir"), `${name}:/srv/old`), /cannot copy directory|not a directory/);
    await sh(`cd ${place("")}; mkdir old; touch deep; tar -cf clash.tar old; tar -cf clash2.tar deep`);
    const put = (query: string, archive: string, into = "/srv") =>
      sh(
        `curl -s --unix-socket ${host.socket} -X PUT -T ${place(archive)} -H 'Content-Type: application/x-tar' 'http://x/containers/${name}/archive?path=${into}&${query}'`,
      );
    assert.match(await put("noOverwriteDirNonDir=true", "clash.tar"), /cannot overwrite non-directory/);
    assert.match(await put("noOverwriteDirNonDir=true", "clash2.tar"), /cannot overwrite directory/);
    assert.equal(await put("", "clash.tar"), "");
    assert.match(await put("", "clash.tar", "/etc/passwd"), /extraction point is not a directory/);
    await sh(`cd ${place("")}; tar -cPf escape.tar --transform 's,f,../../escaped,' f`);
    assert.match(await put("", "escape.tar"), /leads out of the directory/);
  });
}

test("FILE-6 owners are kept, and are the container's user with -a", { skip }, async () => {
  await docker("run", "-d", "--name", "c1", "--network", "none", "-u", "user", "small", "sleep", "infinity");
  await sh(`echo f > ${place("f")}; chown 33:44 ${place("f")}; chmod 4755 ${place("f")}`);
  await docker("cp", place("f"), "c1:/tmp/plain");
  await docker("cp", "-a", place("f"), "c1:/tmp/archive");
  assert.equal(await inside("c1", "stat -c '%u:%g %a' /tmp/plain /tmp/archive"), "33:44 4755\n1000:1000 4755");
});

test("FILE-7 docker diff tells what was added, changed and deleted", { skip }, async () => {
  await docker("run", "-d", "--name", "c1", "--network", "none", "-v", "data:/data", "small", "sleep", "infinity");
  assert.equal(await docker("diff", "c1"), "A /data");
  await inside(
    "c1",
    "echo x > /srv/new; echo y >> /srv/old; rm -r /srv/deep; mkdir /srv/deep; touch /srv/deep/other; rm /etc/group",
  );
  const expected = [
    "A /data",
    "C /etc",
    "D /etc/group",
    "C /srv",
    "C /srv/deep",
    "D /srv/deep/file",
    "A /srv/deep/other",
  ];
  assert.deepEqual((await docker("diff", "c1")).split("\n").sort(), [...expected, "A /srv/new", "C /srv/old"].sort());
  await docker("rm", "-f", "c1");
  await docker("create", "--name", "c2", "small", "true");
  assert.equal(await docker("diff", "c2"), "");
});

test("FILE-8 docker export is the root without volumes, running or not", { skip }, async () => {
  await both("-v", "data:/data");
  await inside("running", "echo x > /data/x; echo y > /srv/y");
  for (const name of ["running", "stopped"]) {
    await docker("export", "-o", place(`${name}.tar`), name);
    const names = (await sh(`tar -tf ${place(`${name}.tar`)}`)).split("\n");
    assert.ok(names.includes("srv/deep/file") && names.includes("bin/busybox"));
    assert.equal(names.includes("srv/y"), name === "running");
    assert.deepEqual(
      names.filter((path) => path.startsWith("data/x") || path.startsWith("proc/")),
      ["proc/"],
    );
  }
  await docker("import", place("running.tar"), "again");
  assert.equal(await docker("run", "--rm", "--network", "none", "again", "cat", "/srv/y"), "y");
});

test("FILE-12 the working directory is there from create on, in the root", { skip }, async () => {
  await sh(`mkdir -p ${place("outside")}; echo new > ${place("f")}`);
  const links = rootArchive([symlink("out", place("outside")), symlink("up", "../../up-there"), file("plain", "")]);
  writeFileSync(host.pathOf(place("links.tar")), links);
  await docker("import", place("links.tar"), "links");
  const create = (name: string, ...options: string[]) => docker("create", "--name", name, ...options, "links", "pwd");
  await create("made", "-w", "/x/y", "--read-only", "-v", "data:/x");
  assert.equal(await docker("diff", "made"), "A /x\nA /x/y");
  await create("plain", "-w", "/x/y/");
  await docker("cp", place("f"), "plain:/x/y/");
  await docker("commit", "plain", "committed");
  assert.equal(
    await docker("run", "--rm", "committed", "sh", "-c", "stat -c '%a %u:%g' .; cat /x/y/f"),
    "755 0:0\nnew",
  );
  // Links mean what they mean in the container, also where they lead to what is not there yet.
  await create("out", "-w", "/out/made");
  await create("up", "-w", "/up");
  assert.equal(await docker("diff", "up"), "A /up-there");
  assert.deepEqual(await sh(`ls ${place("outside")}`), "");
  assert.match(await docker("diff", "out"), new RegExp(`^A ${place("outside/made")}$`, "m"));
  assert.equal(await docker("start", "-a", "out"), place("outside/made"));
  // What has it already is not touched.
  await create("there", "-w", "/bin");
  assert.equal(await docker("diff", "there"), "");
  const before = (await sh(`ls ${host.folder}/data/containers`)).split("\n").length;
  assert.match(await failure("create", "-w", "/plain", "links", "pwd"), /Cannot mkdir: \/plain is not a directory/);
  assert.equal((await sh(`ls ${host.folder}/data/containers`)).split("\n").length, before);
});

test("FILE-9 events archive-path, extract-to-dir and export", { skip }, async () => {
  const since = `${Math.floor(Date.now() / 1000)}`;
  await docker("create", "--name", "c1", "small", "true");
  await docker("cp", "c1:/srv/old", place("old"));
  await docker("cp", place("old"), "c1:/srv/");
  await docker("export", "-o", place("c1.tar"), "c1");
  const until = ["--until", `${Math.ceil(Date.now() / 1000)}`];
  const format = "{{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.image}}";
  const told = await docker("events", "--since", since, ...until, "-f", "container=c1", "--format", format);
  const actions = told.split("\n").filter((line) => !line.startsWith("create"));
  assert.deepEqual(actions, ["archive-path c1 small", "extract-to-dir c1 small", "export c1 small"]);
});

test("FILE-10 a large copy streams: the daemon does not grow, and goes on when the client leaves", {
  skip,
}, async () => {
  await docker("run", "-d", "--name", "c1", "--network", "none", "-v", "data:/data", "small", "sleep", "infinity");
  await inside("c1", "dd if=/dev/zero of=/data/big bs=1M count=300 2>/dev/null");
  const resident = async () => {
    const status = await sh(`cat /proc/$(cat ${host.folder}/pid)/status`);
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  };
  const before = await resident();
  const cli = `docker -H unix://${host.socket}`;
  assert.equal((await sh(`${cli} cp c1:/data/big - | tar -xOf - | wc -c`)).trim(), String(300 * 1024 * 1024));
  await sh(`${cli} cp c1:/data/big - | ${cli} cp - c1:/tmp`);
  assert.equal(await inside("c1", "stat -c %s /tmp/big"), String(300 * 1024 * 1024));
  assert.ok((await resident()) - before < 150, `grew from ${before} MiB`);
  await sh(`${cli} cp c1:/data/big - | head -c 1000 > /dev/null || true`);
  await docker("stop", "-t", "0", "c1");
  await sh(`${cli} cp c1:/data/big - | head -c 1000 > /dev/null || true`);
  await docker("start", "c1"); // whoever held its layers is gone
  const left = execFileSync("nsenter", [`--target=${host.pid}`, "--pid", "--mount", "ps", "-eo", "args"], {
    encoding: "utf8",
  });
  assert.doesNotMatch(left, /archive-worker/);
});
