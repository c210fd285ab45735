import assert from "node:assert/strict";
import { after, test } from "node:test";
import { callApi, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";
import { checkout, ending, lineOf } from "../../lab/process.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
const daemon = await host.startDaemon();
const fresh = await host.snapshot();

/** What a command line of the CLI says: exit code, output, errors. */
async function say(...args: string[]): Promise<[number | null, string, string]> {
  const { code, stdout, stderr } = await host.cli(...args);
  return [code, stdout, stderr];
}

/** `run` on the host's own files. */
const onHost = (...args: string[]) => say("run", "--rm", "--rootfs", "host", ...args);
const output = async (...args: string[]): Promise<string> => (await onHost(...args))[1];
const field = (name: string, template: string) => host.fairlead("inspect", "--format", template, name);
const detached = (name: string, ...rest: string[]) =>
  host.fairlead("run", "-d", "--name", name, "--rootfs", "host", ...rest);
const removeAll = async (...names: string[]) => host.fairlead("rm", "--force", ...names);
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** A shell that says that it is ready, and ends with 42 when it is asked to. */
const polite = 'trap "echo asked; exit 42" TERM; echo ready; while :; do sleep 0.05; done';
const deaf = 'trap "" TERM; echo ready; while :; do sleep 0.05; done';

async function untilReady(name: string): Promise<void> {
  const follower = host.spawn([`${checkout}/fairlead`, "--host", `unix://${host.socket}`, "logs", "--follow", name]);
  await lineOf(follower, /ready/, name);
  process.kill(-(follower.pid ?? 0), "SIGKILL");
}

test("CTR-1 run prints both outputs apart, each in its order, and ends with the container's exit code", async () => {
  const script = "i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo out $i; echo err $i >&2; done; printf tail; exit 7";
  const [code, out, errors] = await onHost("sh", "-c", script);
  assert.equal(code, 7);
  assert.equal(
    out,
    `${range(500)
      .map((number) => `out ${number}\n`)
      .join("")}tail`,
  );
  assert.equal(
    errors,
    range(500)
      .map((number) => `err ${number}\n`)
      .join(""),
  );
});

const failures: [what: string, code: number, args: string[], says: RegExp][] = [
  [
    "a command that does not exist",
    127,
    ["--rootfs", "host", "no-such-program"],
    /"no-such-program": executable file not found in \$PATH/,
  ],
  [
    "a path that does not exist",
    127,
    ["--rootfs", "host", "/no/such/program"],
    /"\/no\/such\/program".*no such file or directory/,
  ],
  ["a directory", 126, ["--rootfs", "host", "/etc"], /"\/etc": permission denied/],
  ["a file that may not be executed", 126, ["--rootfs", "host", "/etc/passwd"], /permission denied/],
  ["an unknown flag", 125, ["--no-such-flag", "--rootfs", "host", "true"], /unknown option '--no-such-flag'/],
  ["a nearly known flag", 125, ["--nam", "x1", "--rootfs", "host", "true"], /Did you mean --name\?/],
  ["no command", 125, ["--rootfs", "host"], /no command specified/],
  ["a root that does not exist", 125, ["--rootfs", "/nowhere", "true"], /"\/nowhere" does not exist/],
  ["an image that does not exist", 125, ["nothing:1", "true"], /No such image: nothing:1/],
  [
    "a network that does not exist",
    125,
    ["--network", "nothing", "--rootfs", "host", "true"],
    /network nothing not found/,
  ],
  [
    "a user that does not exist",
    125,
    ["--user", "nobody-knows", "--rootfs", "host", "true"],
    /unable to find user nobody-knows/,
  ],
  [
    "a bind of nothing",
    125,
    ["--mount", "type=bind,src=/nowhere,dst=/mnt", "--rootfs", "host", "true"],
    /bind source path does not exist: \/nowhere/,
  ],
  [
    "a port twice",
    125,
    ["-p", "99:80", "-p", "99:81", "--rootfs", "host", "true"],
    /0\.0\.0\.0:99 failed: port is already allocated/,
  ],
];

for (const [what, code, args, says] of failures) {
  test(`CTR-1 run ends with ${code} for ${what}, and says so`, async () => {
    const [ended, out, errors] = await say("run", "--rm", ...args);
    assert.deepEqual([ended, out], [code, ""]);
    assert.match(errors, says);
  });
}

test("CTR-1 a run that fails leaves nothing behind, and is no surprise to the reconciler", async () => {
  assert.equal(await host.fairlead("ps", "--all", "--quiet"), "");
  assert.deepEqual(await host.snapshot(), fresh);
  const surprised = daemon.log.filter((line) => /somebody else|found a difference|"level":"(warn|error)"/.test(line));
  assert.deepEqual(surprised, []);
});

test("CTR-1 run loses no output of a quick command: 100 runs, several at a time", async () => {
  const one = async (worker: number) => {
    const lost: unknown[] = [];
    for (const round of range(20)) {
      const result = await onHost("echo", `${worker}-${round}`);
      if (result[0] !== 0 || result[1] !== `${worker}-${round}\n`) lost.push([worker, round, result]);
    }
    return lost;
  };
  assert.deepEqual((await Promise.all(range(5).map(one))).flat(), []);
  assert.equal(await host.fairlead("ps", "--all", "--quiet"), "");
});

test("CTR-1 run hands its signals to the container and ends with its exit code", async () => {
  const run = [`${checkout}/fairlead`, "--host", `unix://${host.socket}`, "run", "--rm", "--rootfs", "host"];
  const child = host.spawn(["sh", "-c", 'echo "pid $$"; exec "$@"', "sh", ...run, "sh", "-c", polite]);
  const [pid] = await Promise.all([lineOf(child, /^pid \d+$/, "run"), lineOf(child, /^ready$/, "run")]);
  const asked = lineOf(child, /^asked$/, "run");
  await host.run("kill", "-TERM", pid.slice("pid ".length));
  await asked;
  assert.deepEqual(await ending(child), [42, null]);
});

test("CTR-2 a container's life from create to rm: state, exit code and logs at each step", async () => {
  await host.fairlead("create", "--name", "life", "--rootfs", "host", "sh", "-c", `echo begun; ${polite}`);
  assert.equal(await field("life", "{{.State.Status}} {{.State.ExitCode}}"), "created 0");
  assert.match((await say("exec", "life", "true"))[2], /[0-9a-f]{64} is not running/);
  assert.equal(await host.fairlead("start", "life"), "life");
  await untilReady("life");
  assert.match(await host.fairlead("ps", "--format", "{{.Names}} {{.State}} {{.Status}}"), /^life running Up /);
  assert.deepEqual(await say("exec", "life", "sh", "-c", "echo inside; echo bad >&2; exit 9"), [
    9,
    "inside\n",
    "bad\n",
  ]);
  assert.equal(await host.fairlead("stop", "life"), "life");
  assert.equal(await field("life", "{{.State.Status}} {{.State.ExitCode}} {{.State.Pid}}"), "exited 42 0");
  assert.equal(await host.fairlead("wait", "life"), "42");
  assert.equal(await host.fairlead("ps", "--quiet"), "");
  assert.match(await host.fairlead("ps", "-a", "--format", "{{.Names}} {{.Status}}"), /^life Exited \(42\) .* ago$/);
  assert.equal(await host.fairlead("logs", "life"), "begun\nready\nasked");
  await host.fairlead("start", "life");
  assert.match(
    await refusal(host, "DELETE", "/containers/life"),
    /^409 cannot remove container "\/life": container is running: stop/,
  );
  assert.equal(await host.fairlead("rm", "--force", "life"), "life");
  assert.equal(await refusal(host, "GET", "/containers/life/json"), "404 No such container: life");
  assert.deepEqual(await host.snapshot(), fresh);
});

test("CTR-2 stop kills what does not listen after its time: exit code 137", async () => {
  await detached("deaf", "sh", "-c", deaf);
  await untilReady("deaf");
  assert.equal(await host.fairlead("stop", "--time", "1", "deaf"), "deaf");
  assert.equal(await field("deaf", "{{.State.ExitCode}}"), "137");
  await removeAll("deaf");
});

test("CTR-2 stop sends --stop-signal and waits for --stop-timeout", async () => {
  await detached(
    "own-way",
    "--stop-signal",
    "USR1",
    "--stop-timeout",
    "30",
    "sh",
    "-c",
    polite.replace("TERM", "USR1"),
  );
  await untilReady("own-way");
  await host.fairlead("stop", "own-way");
  assert.equal(await field("own-way", "{{.State.ExitCode}}"), "42");
  await removeAll("own-way");
});

test("CTR-2 kill sends any signal, wait prints the exit code of each container it names", async () => {
  await detached("one", "sh", "-c", polite);
  await detached("two", "sleep", "infinity");
  await untilReady("one");
  const waiting = host.fairlead("wait", "one", "two");
  assert.equal(await host.fairlead("kill", "--signal", "TERM", "one"), "one");
  assert.equal(await host.fairlead("kill", "two"), "two");
  assert.equal(await waiting, "42\n137");
  assert.match((await say("kill", "two"))[2], /is not running/);
  assert.match((await say("kill", "--signal", "NOSUCH", "two"))[2], /Invalid signal: NOSUCH/);
  await removeAll("one", "two");
});

test("CTR-2 restart keeps the address, the files and the ports", async () => {
  await detached("again", "-p", "8099:80", "sh", "-c", `echo run >> /kept; cat /kept; ${polite}`);
  await untilReady("again");
  const template = "{{.NetworkSettings.IPAddress}} {{json .NetworkSettings.Ports}}";
  const before = await field("again", template);
  assert.match(before, /^172\.17\.0\.\d+ .*8099/);
  assert.equal(await host.fairlead("restart", "again"), "again");
  assert.equal(await field("again", template), before);
  assert.equal(await host.fairlead("port", "again", "80"), "0.0.0.0:8099");
  assert.equal(await host.fairlead("exec", "again", "cat", "/kept"), "run\nrun");
  await removeAll("again");
});

test("CTR-2 logs has --tail, --timestamps, --since and --until, and --follow ends with the container", async () => {
  await detached("talker", "sh", "-c", "echo a; echo b; echo c >&2; sleep 0.2; echo d");
  assert.deepEqual(await say("logs", "--follow", "talker"), [0, "a\nb\nd\n", "c\n"]);
  assert.equal(await host.fairlead("logs", "--tail", "1", "talker"), "d");
  assert.deepEqual(await say("logs", "--tail", "0", "talker"), [0, "", ""]);
  const stamped = await host.fairlead("logs", "--timestamps", "--tail", "1", "talker");
  assert.match(stamped, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z d$/);
  const [time = ""] = stamped.split(" ");
  assert.equal(await host.fairlead("logs", "--since", time, "talker"), "d");
  assert.deepEqual(
    await say("logs", "--until", time.replace(/\.\d+Z/, ".000000000Z").replace(/^20\d\d/, "2001"), "talker"),
    [0, "", ""],
  );
  assert.match((await say("logs", "--since", "yesterday", "talker"))[2], /invalid time "yesterday"/);
  await removeAll("talker");
});

test("CTR-2 one command for several containers does what it can, names what it cannot, and ends with 1", async () => {
  await detached("there", "sleep", "infinity");
  const missing = "Error response from daemon: No such container: absent\n";
  assert.deepEqual(await say("kill", "absent", "there"), [1, "there\n", missing]);
  assert.deepEqual(await say("start", "absent", "there"), [1, "there\n", missing]);
  assert.deepEqual(await say("stop", "--time", "0", "there", "absent"), [1, "there\n", missing]);
  assert.deepEqual(await say("inspect", "--format", "{{.Name}}", "absent", "there"), [
    1,
    "/there\n",
    "Error: No such object: absent\n",
  ]);
  assert.deepEqual(await say("rm", "absent", "there"), [1, "there\n", missing]);
});

test("CTR-2 thirty containers that start at once all run, with an address each, and leave nothing", async () => {
  const names = range(30).map((number) => `crowd-${number}`);
  const body = { Fairlead: { Rootfs: "host" }, Cmd: ["sleep", "infinity"] };
  const statusOf = async (method: "POST" | "DELETE", path: string, content?: unknown) =>
    (await callApi(host, method, path, content)).status;
  const all = (each: (name: string) => Promise<number>) => Promise.all(names.map(each));
  assert.deepEqual(
    new Set(await all((name) => statusOf("POST", `/containers/create?name=${name}`, body))),
    new Set([201]),
  );
  assert.deepEqual(new Set(await all((name) => statusOf("POST", `/containers/${name}/start`))), new Set([204]));
  const states = (
    await host.fairlead("inspect", "--format", "{{.State.Status}} {{.NetworkSettings.IPAddress}}", ...names)
  ).split("\n");
  assert.equal(new Set(states).size, 30);
  assert.ok(states.every((state) => /^running 172\.17\.0\.\d+$/.test(state)));
  assert.deepEqual(new Set(await all((name) => statusOf("DELETE", `/containers/${name}?force=1`))), new Set([204]));
  assert.deepEqual(await host.snapshot(), fresh);
});

test("CTR-3 --rootfs host shows the host's files under a writable layer: nothing that is written reaches the host", async () => {
  const script =
    "cat /etc/debian_version; rm /etc/debian_version; echo mine > /etc/mine; cat /etc/mine; test -e /etc/debian_version || echo gone";
  const version = await host.run("cat", "/etc/debian_version");
  assert.deepEqual(await onHost("sh", "-c", script), [0, `${version}mine\ngone\n`, ""]);
  assert.equal(await host.run("cat", "/etc/debian_version"), version);
  assert.equal((await host.exec(["test", "-e", "/etc/mine"])).code, 1);
});

test("CTR-3 --rootfs host hides the daemon's socket, data root and exec root", async () => {
  const paths = [host.socket, `${host.folder}/data/containers`, `${host.folder}/run/containers`];
  const [code, out] = await onHost(
    "sh",
    "-c",
    `for p in ${paths.join(" ")}; do ls -A "$p" 2>/dev/null; done; echo end`,
  );
  assert.deepEqual([code, out], [0, "end\n"]);
});

test("CTR-3 --rootfs DIR runs on the directory itself, and keeps what is written", async () => {
  const tree = `${host.folder}/tree`;
  await host.run(
    "sh",
    "-c",
    `mkdir -p ${tree}/bin ${tree}/tmp && cp /bin/busybox ${tree}/bin && ln -s busybox ${tree}/bin/sh`,
  );
  const script = "/bin/busybox ls /; echo kept > /tmp/kept";
  const [code, out, errors] = await say("run", "--rm", "--rootfs", tree, "sh", "-c", script);
  assert.deepEqual(
    [code, out.split("\n").filter(Boolean), errors],
    [0, ["bin", "dev", "etc", "proc", "sys", "tmp"], ""],
  );
  assert.equal(await host.run("cat", `${tree}/tmp/kept`), "kept\n");
  assert.match((await say("run", "--rm", "--rootfs", "/", "true"))[2], /the host's own root is "--rootfs host"/);
});

test("CTR-5 --rm removes the container, its files and its address, however it ends", async () => {
  const files = () =>
    host.run("find", `${host.folder}/data/containers`, `${host.folder}/run/containers`, "-mindepth", "1");
  await onHost("sh", "-c", "exit 3");
  await onHost("no-such-program");
  await detached("short", "--rm", "sh", "-c", polite);
  await untilReady("short");
  await host.fairlead("stop", "short");
  await detached("shot", "--rm", "sleep", "infinity");
  const gone = callApi<{ StatusCode: number }>(host, "POST", "/containers/shot/wait?condition=removed");
  await host.fairlead("kill", "shot");
  assert.equal((await gone).body.StatusCode, 137);
  assert.equal(await host.fairlead("ps", "--all", "--quiet"), "");
  assert.equal(await files(), "");
  assert.deepEqual(await host.snapshot(), fresh);
});

test("CTR-6 a name that is taken is refused with 409, and free again after rename and rm", async () => {
  const create = (name: string) =>
    refusal(host, "POST", `/containers/create?name=${name}`, { Fairlead: { Rootfs: "host" }, Cmd: ["true"] });
  assert.match(await create("taken"), /^201/);
  assert.match(
    await create("taken"),
    /^409 Conflict\. The container name "\/taken" is already in use by container "[0-9a-f]{64}"/,
  );
  assert.match(await create("other"), /^201/);
  assert.match(await refusal(host, "POST", "/containers/other/rename?name=taken"), /^409 Conflict/);
  await host.fairlead("rename", "taken", "renamed");
  assert.match(await create("taken"), /^201/);
  await removeAll("taken", "renamed", "other");
});

const oddNames: Record<string, string> = {
  "one character": "a",
  "a blank": "a b",
  "a slash": "a/b",
  "a path": "../../etc/passwd",
  "a leading dash": "-ab",
  "a leading dot": ".ab",
  "an emoji": "web🚢",
  "a line break": "web\n",
  "a NUL": "web\0",
  "201 characters": "a".repeat(201),
};

for (const [what, name] of Object.entries(oddNames)) {
  test(`CTR-6 a name with ${what} is refused with 400 by create and by rename`, async () => {
    const body = { Fairlead: { Rootfs: "host" }, Cmd: ["true"] };
    const query = `name=${encodeURIComponent(name)}`;
    await callApi(host, "POST", "/containers/create?name=plain", body);
    const refused =
      /^400 Invalid container name \(.*\), only \[a-zA-Z0-9\]\[a-zA-Z0-9_\.-\] are allowed, 2 to 200 characters/s;
    assert.match(await refusal(host, "POST", `/containers/create?${query}`, body), refused);
    assert.match(await refusal(host, "POST", `/containers/plain/rename?${query}`), refused);
    assert.equal(await host.fairlead("ps", "-a", "--format", "{{.Names}}"), "plain");
    await removeAll("plain");
  });
}

test("CTR-7 -e, --env-file, -w, -u, --hostname, --domainname and --sysctl take effect", async () => {
  await host.run("sh", "-c", `printf 'FROM_FILE=f\\n# comment\\n' > ${host.folder}/env`);
  const flags = [
    "-e",
    "A=b c",
    "-e",
    "EMPTY=",
    "--env-file",
    `${host.folder}/env`,
    "-w",
    "/usr/lib",
    "-u",
    "daemon:tty",
  ];
  const names = ["--hostname", "ship", "--domainname", "sea.test", "--sysctl", "net.ipv4.ip_default_ttl=70"];
  const script =
    'echo "$A|$EMPTY|$FROM_FILE|$HOSTNAME|$HOME"; pwd; id -un; id -gn; hostname; cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/domainname';
  const said = (await output(...flags, ...names, "sh", "-c", script)).split("\n");
  assert.deepEqual(said, ["b c||f|ship|/usr/sbin", "/usr/lib", "daemon", "tty", "ship", "70", "sea.test", ""]);
});

test("CTR-7 -v binds read-write and read-only, makes a directory that does not exist, and --tmpfs is a tmpfs", async () => {
  const at = host.folder;
  await host.run("mkdir", "-p", `${at}/rw`, `${at}/ro`);
  const flags = [
    "-v",
    `${at}/rw:/mnt/rw`,
    "-v",
    `${at}/ro:/mnt/ro:ro`,
    "-v",
    `${at}/made/here:/mnt/made`,
    "--tmpfs",
    "/mnt/tmp:size=1m",
  ];
  const script = "touch /mnt/rw/x /mnt/made/y; touch /mnt/ro/z 2>&1; df --output=fstype,size /mnt/tmp | tail -1";
  const [, out] = await onHost(...flags, "sh", "-c", script);
  assert.match(out, /'\/mnt\/ro\/z': Read-only file system\ntmpfs +1024\n$/);
  assert.equal(
    await host.run("ls", `${at}/rw`, `${at}/ro`, `${at}/made/here`),
    `${at}/made/here:\ny\n\n${at}/ro:\n\n${at}/rw:\nx\n`,
  );
});

test("CTR-7 --read-only, --cap-drop, --cap-add and --entrypoint take effect", async () => {
  assert.match((await onHost("--read-only", "touch", "/x"))[2], /Read-only file system/);
  const capabilities = ["sh", "-c", "grep -h CapEff /proc/self/status"];
  assert.equal(await output("--cap-drop", "ALL", ...capabilities), "CapEff:\t0000000000000000\n");
  assert.equal(
    await output("--cap-drop", "ALL", "--cap-add", "NET_ADMIN", ...capabilities),
    "CapEff:\t0000000000001000\n",
  );
  assert.equal(await output("--entrypoint", "echo", "one", "two"), "one two\n");
});

test("CTR-8 exec -i passes a megabyte of input, its end and the exit code", async () => {
  await detached("box", "sleep", "infinity");
  const megabyte = range(2 ** 20 / 16)
    .map((number) => `${String(number).padStart(15, ".")}\n`)
    .join("");
  const exec = (input: string, ...args: string[]) =>
    host.exec([`${checkout}/fairlead`, "--host", `unix://${host.socket}`, "exec", ...args], { input });
  const echoed = await exec(megabyte, "-i", "box", "sh", "-c", "cat; exit 5");
  assert.deepEqual([echoed.code, echoed.stdout === megabyte, echoed.stderr], [5, true, ""]);
  // Without -i there is no input at all, and a command that leaves early is no failure.
  assert.equal((await exec("unheard", "box", "cat")).stdout, "");
  // In a shell: runc exec passes the SIGPIPE of its own copying on to the process it runs (docker-differences.md).
  assert.equal((await exec(megabyte, "-i", "box", "sh", "-c", "head -c1; true")).stdout, ".");
  await removeAll("box");
});

test("CTR-8 exec has -e, -w, -u, -d and -t, and docker's exit codes", async () => {
  await detached("box", "sleep", "infinity");
  const flags = ["-e", "Q=1", "-w", "/tmp", "-u", "daemon"];
  assert.deepEqual(await say("exec", ...flags, "box", "sh", "-c", "echo $Q; pwd; id -un"), [
    0,
    "1\n/tmp\ndaemon\n",
    "",
  ]);
  assert.deepEqual(await say("exec", "-t", "box", "tty"), [0, "/dev/pts/0\r\n", ""]);
  assert.equal((await say("exec", "box", "tty"))[1], "not a tty\n");
  assert.deepEqual(await say("exec", "-d", "box", "sh", "-c", "mkfifo /tmp/made; echo there > /tmp/made"), [0, "", ""]);
  assert.equal(
    await host.fairlead("exec", "box", "sh", "-c", "until test -p /tmp/made; do sleep 0.01; done; cat /tmp/made"),
    "there",
  );
  const codes = await Promise.all(
    [["no-such-program"], ["/etc"], ["sh", "-c", "kill -9 $$"]].map((argv) => say("exec", "box", ...argv)),
  );
  assert.deepEqual(
    codes.map(([code]) => code),
    [127, 126, 137],
  );
  await removeAll("box");
});
