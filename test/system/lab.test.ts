import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ClusterLab } from "../../lab/cluster/cluster-lab.ts";
import { Place } from "../../lab/cluster/place.ts";
import { Console, settled, stepsOf } from "../../lab/console.ts";
import { Inside } from "../../lab/inside.ts";
import { checkout, exec, type Result, start } from "../../lab/process.ts";
import { Layout } from "../../src/runtime/layout.ts";
import { endAt, privateFolders, settledTraces, tracesOf } from "./lab-traces.ts";

const root = privateFolders();
const fairlead = `${checkout}/fairlead`;
const lab = (...args: string[]): Promise<Result> => exec([fairlead, "lab", ...args]);

/** The output of a lab command that must succeed. */
async function said(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await lab(...args);
  assert.equal(code, 0, `lab ${args.join(" ")}: ${stderr}${stdout}`);
  return stdout.trimEnd();
}

/** The words of a lab command that must fail. */
async function refused(...args: string[]): Promise<string> {
  const { code, stderr } = await lab(...args);
  assert.notEqual(code, 0, `lab ${args.join(" ")} succeeded`);
  return stderr.trimEnd();
}

const traces = tracesOf();
const place = new Place(undefined, root);
let made = "";

const pings = async (from: string, address: string, ...options: string[]): Promise<number> => {
  const { stdout } = await lab("sh", from, "ping", "-n", "-c1", "-W1", ...options, address);
  return Number(/(\d+) received/.exec(stdout)?.[1] ?? 0);
};

/** After a link was cut, a neighbour entry may be stale or failed: asked until it is as told. */
const reaches = (from: string, address: string) => pings(from, address, "-w", "10");

before(async () => {
  made = await said("up", "--hosts", "3", "--no-cluster");
});
after(async () => {
  if (place.exists) await said("down");
});

test("LAB-1 lab up makes hosts with daemons, a store and an outside, and says how to enter them and how long it took", () => {
  for (const name of ["host1", "host2", "host3", "store", "outside"])
    assert.match(made, new RegExp(`^lab +${name} .*`, "m"));
  assert.match(made, /^lab +host2 +10\.99\.0\.2 fd99::2 +10\.98\.0\.2 +daemon running +fairlead lab sh host2$/m);
  assert.match(made, /^lab +store +10\.98\.0\.254 +etcd running/m);
  assert.match(made, /^Made in \d+\.\d s\. "fairlead lab down" ends it\.$/m);
});

test("LAB-1 hosts reach each other and the outside on the underlay, and the store on the store network alone", async () => {
  for (const address of ["10.99.0.2", "fd99::3", "10.99.0.254", "fd99::254", "10.98.0.254"])
    assert.equal(await pings("host1", address), 1, address);
  assert.equal(await pings("host1", "10.98.0.2"), 0, "the store network is no second way between hosts");
  assert.equal(await pings("outside", "10.98.0.254"), 0);
  assert.match(await said("sh", "host3", "curl", "-s", "http://10.98.0.254:2379/health"), /"health": ?"true"/);
  assert.match(await said("sh", "host1", "ip", "route"), /^default via 10\.99\.0\.254 dev underlay0/m);
});

test("LAB-2 a lab goes on after the command that made it; lab ls lists machines, as a table, names or JSON", async () => {
  assert.match(await said("ls"), /^lab +host1 .* daemon running/m);
  assert.equal(await said("ls", "-q"), "host1\nhost2\nhost3\nstore\noutside");
  const [first = ""] = (await said("ls", "--format", "json")).split("\n");
  const { Name, Underlay, Runs } = JSON.parse(first) as Record<string, string>;
  assert.deepEqual([Name, Underlay, Runs], ["host1", "10.99.0.1 fd99::1", "daemon running"]);
});

test("LAB-3 lab sh runs commands in a host: fairlead and docker talk to its daemon, and to no other", async () => {
  assert.equal(await said("sh", "host2", "hostname"), "host2");
  await said("sh", "host2", "fairlead", "network", "create", "only-here");
  assert.match(await said("sh", "host2", "docker", "network", "ls"), / only-here /);
  assert.doesNotMatch(await said("sh", "host1", "docker", "network", "ls"), / only-here /);
  assert.match(
    await refused("sh", "outside", "fairlead", "ps"),
    /Cannot connect to the Fairlead daemon at .*\/outside\//,
  );
});

test("LAB-3 lab sh passes input, exit code and dashes on", async () => {
  assert.deepEqual(await exec([fairlead, "lab", "sh", "host1", "sh", "-c", "cat; exit 7"], { input: "text" }), {
    code: 7,
    signal: null,
    stdout: "text",
    stderr: "",
  });
  assert.equal(await said("sh", "host1", "--", "echo", "-n", "x"), "x");
});

test("LAB-3 lab sh without a command is a shell with a prompt that says where it is", async () => {
  const { stdout } = await exec(["script", "-qec", `${fairlead} lab sh host1`, "/dev/null"], {
    input: "hostname; exit 3\n",
  });
  assert.match(stdout, /^This is host1: its own network/m);
  assert.match(stdout, /lab\/host1:[^\n]*# /);
  assert.match(stdout, /^host1\r?$/m);
});

test("LAB-3 a container of one host is reached through its published port from the outside", async () => {
  const opened = await ClusterLab.open(place);
  const host = opened.host(1);
  using web = await Inside.run(host, "web", "-p", "8080:80");
  await web.station.serve(80);
  assert.match((await opened.outside.run("sh", "-c", "echo | nc -w 5 10.99.0.1 8080")).trim(), /^10\.99\.0\.254/);
  await host.fairlead("rm", "-f", "web");
});

test("LAB-4 lab cut loses frames between two machines, both ways or one, and nothing else; lab mend takes it back", async () => {
  await said("cut", "host1", "host2");
  assert.deepEqual([await pings("host1", "10.99.0.2"), await pings("host2", "fd99::1")], [0, 0]);
  assert.deepEqual([await reaches("host1", "10.99.0.3"), await reaches("host1", "10.98.0.254")], [1, 1]);
  assert.match(await said("ls"), /^Cut:\n(.*\n)?host1 -> host2: every frame is lost$/m);
  await said("cut", "host1", "host2"); // again is no error
  await said("mend", "host2", "host1");
  assert.equal(await reaches("host1", "10.99.0.2"), 1);
  assert.doesNotMatch(await said("ls"), /Cut:/);
});

test("LAB-4 lab cut --one-way: frames to one machine are lost, those from it arrive", async () => {
  const opened = await ClusterLab.open(place);
  const answers = (name: string, to: string) =>
    opened
      .machine(name)
      .exec(["ping", "-n", "-c1", "-W1", to])
      .then(({ stdout }) => / 1 received/.test(stdout));
  const echoes = async () => Number(/IcmpInEchos +(\d+)|InEchos=(\d+)/.exec(await icmpOf("host2"))?.[1] ?? 0);
  const icmpOf = (name: string) => opened.machine(name).run("nstat", "-asz", "IcmpInEchos");
  const before = await echoes();
  await said("cut", "--one-way", "host2", "host1");
  assert.equal(await answers("host1", "10.99.0.2"), false);
  assert.equal(await echoes(), before + 1, "the question arrived");
  await said("mend");
  await said("cut", "--one-way", "host1", "host2");
  assert.equal(await answers("host1", "10.99.0.2"), false);
  assert.equal(await echoes(), before + 1, "the question did not arrive");
  await said("mend");
});

test("LAB-4 lab cut --loss loses that share of frames at random", async () => {
  await said("cut", "--loss", "50", "--one-way", "host1", "host2");
  const { stdout } = await lab("sh", "host1", "ping", "-n", "-c100", "-i0.01", "-W1", "10.99.0.2");
  const received = Number(/(\d+) received/.exec(stdout)?.[1]);
  assert.ok(received > 15 && received < 85, stdout); // 7 standard deviations
  await said("mend", "host1", "host2");
});

test("LAB-4 the store network is cut by itself, and a cable is pulled as a whole", async () => {
  await said("cut", "host1", "store");
  assert.deepEqual(
    [await pings("host1", "10.98.0.254"), await reaches("host1", "10.99.0.2"), await reaches("host2", "10.98.0.254")],
    [0, 1, 1],
  );
  await said("cut", "host3", "underlay");
  assert.match(await said("sh", "host3", "ip", "link", "show", "underlay0"), /NO-CARRIER/);
  assert.equal(await reaches("host3", "10.98.0.254"), 1);
  assert.match(await said("ls"), /^host3: unplugged from underlay$/m);
  await said("mend");
  assert.doesNotMatch(await said("ls"), /Cut:/);
  assert.deepEqual([await reaches("host1", "10.98.0.254"), await reaches("host3", "10.99.0.1")], [1, 1]);
});

test("LAB-4 what cannot be cut is refused with the reason, and nothing changes", async () => {
  assert.match(
    await refused("cut", "host1", "host9"),
    /no machine "host9" in this lab, only host1, host2, host3, store, outside/,
  );
  assert.match(await refused("cut", "host1", "host1"), /give two machines/);
  assert.match(await refused("cut", "outside", "store"), /no wire joins them/);
  assert.match(await refused("cut", "outside", "storenet"), /it is not on it/);
  assert.match(await refused("cut", "--loss", "101", "host1", "host2"), /it must be 1 to 100/);
  assert.match(await refused("cut", "--loss", "5", "host1", "underlay"), /pulled as a whole/);
  assert.match(await refused("mend", "host1"), /give two machines, or none/);
  assert.doesNotMatch(await said("ls"), /Cut:/);
});

test("LAB-5 lab stop, cont, kill and start act on one host's daemon; its containers go on", async () => {
  const state = async () => (await said("ls", "--format", "{{.Name}} {{.Runs}}")).split("\n").slice(0, 2);
  await said("sh", "host1", "fairlead", "run", "-d", "--name", "lasting", "--rootfs", "host", "sleep", "infinity");
  assert.equal(await said("stop", "host1"), "Stopped the daemon of host1");
  assert.deepEqual(await state(), ["host1 daemon stopped", "host2 daemon running"]);
  await said("cont", "host1");
  await said("kill", "host1");
  assert.deepEqual(await state(), ["host1 daemon ended", "host2 daemon running"]);
  assert.match(await refused("kill", "host1"), /daemon of host1: it does not run/);
  await said("start", "host1");
  assert.match(await refused("start", "host1"), /daemon of host1: it runs already/);
  assert.match(await said("sh", "host1", "fairlead", "ps"), /Up .* lasting$/m);
  await said("sh", "host1", "fairlead", "rm", "-f", "lasting");
  assert.match(await refused("stop", "outside"), /outside runs neither a daemon nor a store/);
});

test("LAB-5 lab start takes flags of the daemon, and says what the log says when it does not come up", async () => {
  await said("kill", "-s", "TERM", "host1");
  assert.match(await refused("start", "host1", "--mtu", "none"), /daemon of host1 ended before it was ready:\n.*mtu/s);
  await said("start", "host1", "--log-level", "debug");
  assert.match(await said("logs", "host1"), /"msg":"ended"/);
});

test("LAB-5 lab start --clock sets one daemon's wall clock wrong", async () => {
  await said("kill", "host2");
  await said("start", "--clock", "+1h", "host2");
  const [last = ""] = (await said("logs", "host2")).split("\n").slice(-1);
  const wrongBy = Date.parse((JSON.parse(last) as { time: string }).time) - Date.now();
  assert.ok(Math.abs(wrongBy - 3_600_000) < 60_000, last);
  assert.match(await said("sh", "host2", "fairlead", "ps"), /CONTAINER ID/);
});

test("LAB-6 the store is stopped, ended, started and compacted; its data stays", async () => {
  const key = (path: string, body: string) =>
    said("sh", "host1", "curl", "-sS", "-m", "5", "-d", body, `http://10.98.0.254:2379/v3/kv/${path}`);
  await key("put", '{"key":"YQ==","value":"MQ=="}');
  await key("put", '{"key":"YQ==","value":"Mg=="}');
  assert.equal(await said("kill", "store"), "Ended the etcd of store");
  assert.equal(await said("start", "store"), "Started the etcd of store");
  assert.match(await key("range", '{"key":"YQ=="}'), /"value":"Mg=="/);
  await said("compact");
  assert.match(await key("range", '{"key":"YQ==","revision":"2"}'), /compacted/);
  await said("stop", "store");
  assert.match(await refused("sh", "host1", "curl", "-sS", "-m", "1", "http://10.98.0.254:2379/health"), /timed out/);
  await said("cont", "store");
  assert.match(await said("sh", "host1", "curl", "-s", "http://10.98.0.254:2379/health"), /true/);
});

test("LAB-7 a second lab of the same name is refused and changes nothing; one of another name goes beside it", async () => {
  const list = await said("ls");
  assert.match(
    await refused("up", "--hosts", "1"),
    /^fairlead: Cannot make lab "lab": it is up, or being made; end it with "fairlead lab down", or make/,
  );
  assert.equal(await said("ls"), list);
  await said("up", "--name", "two", "--hosts", "2", "--store", "none", "--no-daemons");
  assert.equal(await said("ls", "-n", "two", "-q"), "host1\nhost2\noutside");
  await said("cut", "-n", "two", "host1", "host2");
  assert.match(await said("ls"), /^two: host1 -> host2: every frame is lost$/m);
  assert.equal(await reaches("host1", "10.99.0.2"), 1);
  assert.equal(await said("down", "-n", "two"), 'Removed lab "two"');
  assert.equal(await said("ls"), list);
});

test("LAB-8 wrong use is refused before anything is made", async () => {
  assert.match(await refused("up", "--name", "Bad/Name"), /Cannot name a lab "Bad\/Name"/);
  assert.match(await refused("up", "-n", "x", "--hosts", "0"), /Cannot make a lab of 0 hosts: it must be 1 to 64/);
  assert.match(await refused("up", "-n", "x", "--store", "redis"), /no store "redis", only etcd, consul and none/);
  assert.match(await refused("up", "-n", "x", "--store-members", "2"), /it must be 1, 3 or 5/);
  assert.match(await refused("down", "-n", "x"), /There is no lab "x"; make it with "fairlead lab up --name x"/);
  assert.match(await refused("upp"), /unknown command: fairlead lab upp/);
  assert.equal(existsSync(new Place("x", root).folder), false);
});

const installed = existsSync("/usr/bin/etcd") && "etcd is installed for the whole machine here: it cannot be hidden";
test("LAB-8 without etcd lab up says how to get it", { skip: installed }, async () => {
  const hide = `mount -t tmpfs none ${checkout}/.cache && exec "$@"`;
  const up = [fairlead, "lab", "up", "-n", "x"];
  const { code, stderr } = await exec(["unshare", "--mount", "sh", "-c", hide, "sh", ...up]);
  assert.deepEqual([code, stderr.split(":")[1]], [1, " Cannot start a store"], stderr);
  assert.match(stderr, /"sh scripts\/setup.sh test" unpacks Debian's, --store none does without/);
  assert.equal(existsSync(new Place("x", root).folder), false);
});

test("LAB-8 without root lab up says that it needs it", async () => {
  const { code, stderr } = await exec([
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    fairlead,
    "lab",
    "up",
    "-n",
    "x",
  ]);
  assert.deepEqual([code, stderr], [1, "fairlead: A lab needs root, for namespaces and mounts: run it with sudo\n"]);
});

test("LAB-9 names of labs and machines are completed, and help is there for every verb", async () => {
  const offered = async (...words: string[]) =>
    (await exec([fairlead, "__complete", ...words])).stdout.trim().split("\n");
  assert.deepEqual(await offered("lab", "sh", "ho"), ["host1", "host2", "host3"]);
  assert.deepEqual(await offered("lab", "down", "--name", ""), ["lab"]);
  assert.ok((await offered("lab", "cut", "host1", "")).includes("underlay"));
  assert.deepEqual(await offered("lab", "do"), ["down"]);
  assert.match((await exec([fairlead, "--help"])).stdout, /^ {2}lab +Hosts with daemons of their own/m);
  assert.match((await exec([fairlead, "lab", "--help"])).stdout, /^ {2}lab mend +Take back/m);
});

test("LAB-10 lab down leaves nothing: no process, mount, namespace, control group or file", async () => {
  const opened = await ClusterLab.open(place);
  const { dataRoot, execRoot } = opened.host(3).roots;
  const { cgroupParent } = new Layout(dataRoot, execRoot);
  await said("sh", "host3", "fairlead", "run", "-d", "--rootfs", "host", "sleep", "infinity");
  assert.ok(globSync(`/sys/fs/cgroup/{,*/}${cgroupParent}`).length > 0);
  assert.equal(await said("down"), 'Removed lab "lab"');
  assert.deepEqual(globSync(`/sys/fs/cgroup/{,*/}${cgroupParent}`), []);
  assert.deepEqual(tracesOf(), traces);
});

test("LAB-11 lab up that is interrupted, or cannot finish, removes what it made", async () => {
  const child = start([fairlead, "lab", "up", "-v", "--hosts", "2"]);
  const { code, stderr } = await endAt(child, /daemon of/, "SIGINT");
  assert.equal(code, 130, stderr);
  assert.match(stderr, /SIGINT: lab "lab" is removed again/);
  assert.deepEqual(await settledTraces(traces), traces);
  assert.match(
    await refused("up", "--hosts", "2", "--", "--no-such-flag"),
    /ended before it was ready:\n.*no-such-flag/s,
  );
  assert.deepEqual(await settledTraces(traces), traces);
});

/** Order in which the kernel lists a map's elements. */
const sorted = (text: string): string => (text.startsWith("Cut:") ? text.split("\n").sort().join("\n") : text);

test("LAB-13 the tour in lab/README.md shows what it says, and leaves nothing", async () => {
  const tour = stepsOf(join(checkout, "lab/README.md"));
  const terminal = new Console({
    async run({ command }) {
      const { stdout, stderr } = await exec(["bash", "-c", `cd ${checkout} && ${command}`]);
      return stdout + stderr;
    },
    once: /lab (up|cut|mend|stop|cont|kill|start|down)|network create|run -d/,
    settle: (text) => sorted(settled(text)),
  });
  assert.ok(tour.length > 15);
  for (const [index, step] of tour.entries()) {
    const { seen, told } = await terminal.see(step);
    assert.equal(seen, told, `step ${index + 1}: ${step.command}`);
  }
  assert.deepEqual(await settledTraces(traces), traces);
});
