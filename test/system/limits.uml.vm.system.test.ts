import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { after, afterEach, test } from "node:test";
import { clear } from "../../lab/api.ts";
import { dockerCli } from "../../lab/docker-cli.ts";
import { lacksNewDocker } from "../../lab/docker-version.ts";
import { Host } from "../../lab/host.ts";
import { importBusybox } from "../../lab/images/import-busybox.ts";

const skip = lacksNewDocker();
const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
afterEach(() => clear(host));
await importBusybox(host);

const { docker } = dockerCli(host, { mayWarn: true });

const inspect = (name: string, format: string) => docker("inspect", "-f", format, name);

test("LIMIT-1, LIMIT-4 docker run with limits, and docker update while it runs", { skip }, async () => {
  const limits = ["--memory", "64m", "--cpus", "0.5", "--pids-limit", "40", "--cpuset-cpus", "0"];
  await docker("run", "-d", "--name", "one", ...limits, "busybox", "sleep", "600");
  assert.equal(
    await inspect(
      "one",
      "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}",
    ),
    "67108864 134217728 500000000 40",
  );
  assert.equal(await docker("update", "--memory", "80m", "--memory-swap", "90m", "--restart", "always", "one"), "one");
  assert.equal(await inspect("one", "{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}}"), "83886080 always");
  const stats = JSON.parse(await docker("stats", "--no-stream", "--format", "json", "one")) as Record<string, string>;
  assert.match(stats["MemUsage"] ?? "", / \/ 80MiB$/);
  assert.deepEqual([stats["Name"], stats["PIDs"]], ["one", "1"]);
  assert.match(stats["CPUPerc"] ?? "", /^\d+\.\d\d%$/);
  assert.match(stats["NetIO"] ?? "", /^\d.*B \/ \d.*B$/);
  const refused = await host.docker("update", "--memory", "1m", "one");
  assert.deepEqual(
    [refused.code, refused.stderr.trim()],
    [1, "Error response from daemon: Minimum memory limit allowed is 6MB"],
  );
  const odd = await host.docker("create", "--cpuset-cpus", "4000", "busybox", "true");
  assert.match(odd.stderr, /Requested CPUs are not available - requested 4000, available: 0/);
});

test("LIMIT-5 docker run that runs out of memory says so", { skip }, async () => {
  const hog = "x=0123456789abcdef; while :; do x=$x$x; done";
  const since = String(Math.floor(Date.now() / 1000));
  const { code } = await host.docker(
    "run",
    "--name",
    "hog",
    "--memory",
    "16m",
    "--memory-swap",
    "16m",
    "busybox",
    "sh",
    "-c",
    hog,
  );
  assert.equal(code, 137);
  assert.equal(await inspect("hog", "{{.State.OOMKilled}} {{.State.ExitCode}}"), "true 137");
  const until = String(Math.floor(Date.now() / 1000) + 1);
  const events = await docker(
    "events",
    "--since",
    since,
    "--until",
    until,
    "--format",
    "{{.Action}}",
    "-f",
    "container=hog",
  );
  assert.ok(events.split("\n").includes("oom"), events);
});

// User-Mode Linux does not say when it was started.
const psFails = spawnSync("ps", ["-ef"]).status !== 0 && "ps(1) fails on this machine";
test("TOP-1 docker top with and without ps's arguments", { skip: skip || psFails }, async () => {
  await docker("run", "-d", "--name", "one", "--init", "busybox", "sleep", "600");
  const [head = "", ...rows] = (await docker("top", "one")).split("\n");
  assert.match(head, /^UID +PID +PPID +C +STIME +TTY +TIME +CMD$/);
  assert.equal(rows.length, 2);
  assert.match(rows[1] ?? "", / sleep 600$/);
  const table = await docker("top", "one", "-o", "pid,cmd");
  assert.match(table, /^PID +CMD\n\d+ +\/sbin\/docker-init -- sleep 600\n\d+ +sleep 600$/);
  const none = await host.docker("top", "one", "-o", "cmd");
  assert.match(none.stderr, /Couldn't find PID field in ps output/);
  await docker("stop", "-t", "0", "one");
  assert.match((await host.docker("top", "one")).stderr, /is not running/);
  const stats = JSON.parse(await docker("stats", "--no-stream", "--format", "json", "one")) as Record<string, string>;
  assert.deepEqual([stats["CPUPerc"], stats["MemUsage"], stats["PIDs"]], ["0.00%", "0B / 0B", "0"]);
});

test("CONF-1, CONF-3, CONF-10 docker run with security options, and docker info of them", { skip }, async () => {
  const status = ["busybox", "grep", "-E", "^(Seccomp|NoNewPrivs):", "/proc/self/status"];
  assert.equal(await docker("run", "--rm", ...status), "NoNewPrivs:\t0\nSeccomp:\t2");
  const open = ["--security-opt", "seccomp=unconfined", "--security-opt", "no-new-privileges"];
  assert.equal(await docker("run", "--rm", ...open, ...status), "NoNewPrivs:\t1\nSeccomp:\t0");
  const profile = JSON.stringify({
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO" }],
  });
  const path = `${host.folder}/profile.json`;
  writeFileSync(host.pathOf(path), profile);
  const made = await host.docker("run", "--rm", "--security-opt", `seccomp=${path}`, "busybox", "mkdir", "/x");
  assert.match(made.stderr, /Operation not permitted/);
  const shown = await docker(
    "run",
    "--rm",
    "--security-opt",
    "systempaths=unconfined",
    "busybox",
    "sh",
    "-c",
    "grep ' /proc/' /proc/mounts || echo open",
  );
  assert.equal(shown, "open");
  assert.match(
    await docker("info", "-f", "{{.SecurityOptions}} {{.InitBinary}} {{.MemoryLimit}}"),
    /name=seccomp,profile=builtin.* true$/,
  );
  const gpus = await host.docker("run", "--rm", "--gpus", "all", "busybox", "true");
  assert.match(gpus.stderr, /could not select device driver|device driver .* is not supported/);
});
