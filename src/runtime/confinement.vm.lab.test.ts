import assert from "node:assert/strict";
import { readlinkSync } from "node:fs";
import { test } from "node:test";
import type { Confinement } from "../model/confinement.ts";
import type { ContainerConfig } from "../model/container.ts";
import { textOf } from "./limits/read-file.ts";
import { RuntimeLab } from "./testing/lab.ts";
import { requirePidNamespace } from "./testing/pid-namespace.ts";
import { probeProgram, probes } from "./testing/probe.ts";

requirePidNamespace(import.meta.filename);

async function answers(config: Partial<ContainerConfig>): Promise<Record<string, string>> {
  await using lab = new RuntimeLab();
  const { output } = await lab.run({ args: probeProgram(), ...config });
  return JSON.parse(output) as Record<string, string>;
}

const labels = probes.map(([label]) => label);
const refusedIn = (found: Record<string, string>) => labels.filter((label) => found[label] === "EPERM");

test("CONF-1 what the kernel refuses to a container by default, and that clone3 does not exist", async () => {
  const found = await answers({});
  assert.deepEqual(
    labels.filter((label) => found[label] !== "EPERM"),
    ["clone3", "ptrace", "personality asked", "socket AF_UNIX", "getpid"],
  );
  assert.deepEqual([found["clone3"], found["ptrace"]], ["ENOSYS", "ESRCH"]);
});

test("CONF-1 SYS_ADMIN opens what goes with it, and keyrings stay closed", async () => {
  const found = await answers({ capAdd: ["SYS_ADMIN"] });
  for (const label of ["mount", "unshare of nothing", "setns", "clone3", "bpf", "perf_event_open"])
    assert.notEqual(found[label], "EPERM", label);
  for (const label of ["add_key", "keyctl", "userfaultfd", "io_uring_setup", "socket AF_ALG", "reboot"])
    assert.equal(found[label], "EPERM", label);
});

/** Where the kernel refuses it to everybody, it tells nothing of the filter. */
const uring = textOf("/proc/sys/kernel/io_uring_disabled") === "2" ? [] : ["io_uring_setup"];

const open: readonly { name: string; config: Partial<ContainerConfig> }[] = [
  { name: "seccomp=unconfined", config: { confinement: { seccomp: "unconfined" } } },
  { name: "privileged", config: { privileged: true } },
];
for (const { name, config } of open) {
  test(`CONF-1 ${name}: no filter`, async () => {
    const found = await answers(config);
    for (const label of ["keyctl", "add_key", "unshare of nothing", "clone3", ...uring])
      assert.ok(
        !["EPERM", name === "privileged" ? "" : "ENOSYS"].includes(found[label] ?? ""),
        `${label}: ${found[label]}`,
      );
    const status = ["grep", "-E", "^(Seccomp|NoNewPrivs):", "/proc/self/status"];
    await using lab = new RuntimeLab();
    assert.equal((await lab.run({ args: status, ...config })).output, "NoNewPrivs:\t0\nSeccomp:\t0\n");
  });
}

test("CONF-2 a profile of one's own, and the default one for a privileged container", async () => {
  const profile = {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["getpid"], action: "SCMP_ACT_ERRNO", errnoRet: 5 }],
  };
  const own = await answers({ confinement: { seccomp: JSON.stringify(profile) } });
  assert.deepEqual([own["getpid"], own["keyctl"] === "EPERM"], ["EIO", false]);
  const privileged = await answers({ privileged: true, confinement: { seccomp: "default" } });
  assert.deepEqual(refusedIn(privileged).includes("keyctl"), true);
});

/** Settings and what a shell script then says inside. */
const inside: readonly { name: string; config: Partial<ContainerConfig>; script: string; says: string | RegExp }[] = [
  {
    name: "CONF-3 no-new-privileges leaves a set-user-id program powerless, in an exec too",
    config: { confinement: { noNewPrivileges: true }, capAdd: ["SETUID"] },
    script:
      "cp /usr/bin/id /usr/local/bin/suid-id; chmod 4755 /usr/local/bin/suid-id; setpriv --reuid 1 --regid 1 --clear-groups suid-id -u; grep NoNewPrivs /proc/self/status",
    says: "1\nNoNewPrivs:\t1\n",
  },
  {
    name: "CONF-3 without it the program has its owner's power",
    config: {},
    script:
      "cp /usr/bin/id /usr/local/bin/suid-id; chmod 4755 /usr/local/bin/suid-id; setpriv --reuid 1 --regid 1 --clear-groups suid-id -u",
    says: "0\n",
  },
  ...[
    { config: {}, says: "ro\n" },
    { config: { confinement: { writableCgroups: true } }, says: "rw\n" },
    { config: { privileged: true }, says: "rw\n" },
    { config: { privileged: true, confinement: { writableCgroups: false } }, says: "ro\n" },
  ].map((one) => ({
    ...one,
    name: `CONF-13 control groups are ${one.says.trim()} with ${JSON.stringify(one.config)}`,
    script: "cd /sys/fs/cgroup; test -d pids && cd pids; mkdir below 2>/dev/null && rmdir below && echo rw || echo ro",
  })),
  {
    name: "CONF-4 paths are hidden and read-only as given, or not at all",
    config: { confinement: { maskedPaths: ["/proc/version"], readonlyPaths: [] } },
    script:
      "wc -c </proc/version; wc -l </proc/timer_list | grep -c '^0$'; test -w /proc/sys/kernel/domainname && echo writable",
    says: /^0\n0\nwritable\n$/,
  },
  {
    name: "CONF-5 groups by name and number",
    config: { user: "daemon", confinement: { groupAdd: ["mail", "4242"] } },
    script: "id -G",
    says: "1 8 4242\n",
  },
  {
    name: "CONF-6 oom-score-adj",
    config: { confinement: { oomScoreAdj: 300 } },
    script: "cat /proc/self/oom_score_adj",
    says: "300\n",
  },
  {
    name: "CONF-7 a device under another name, with its permissions",
    config: {
      capAdd: ["SYSLOG"],
      confinement: { devices: [{ pathOnHost: "/dev/kmsg", pathInContainer: "/dev/other", permissions: "r" }] },
    },
    script:
      "(exec 3</dev/other) && echo reads; (exec 3>/dev/other) 2>/dev/null || echo read-only; test -e /dev/kmsg || echo none",
    says: "reads\nread-only\nnone\n",
  },
  {
    name: "CONF-7 all devices of a directory",
    config: { confinement: { devices: [{ pathOnHost: "/dev/net", pathInContainer: "/dev/mine", permissions: "rw" }] } },
    script: "(exec 3<>/dev/mine/tun) && echo opens",
    says: "opens\n",
  },
  {
    name: "CONF-7 a device cgroup rule lets a node that is made be opened",
    config: { capAdd: ["SYSLOG"], confinement: { deviceCgroupRules: ["c 1:11 r"] } },
    script:
      "mknod /root/k c 1 11; (exec 3</root/k) && echo reads; mknod /root/m c 1 1; (exec 3</root/m) 2>/dev/null || echo refused",
    says: "reads\nrefused\n",
  },
  {
    name: "CONF-8 an init process reaps and passes signals on",
    config: { init: true },
    script: "cat /proc/1/comm; echo $PPID; ls -l /sbin/docker-init | cut -c1",
    says: "docker-init\n1\n-\n",
  },
  {
    name: "CONF-9 the size of /dev/shm",
    config: { namespaces: { shmSizeBytes: 1024 * 1024 } },
    script: "df -k /dev/shm | awk 'END { print $2 }'",
    says: "1024\n",
  },
  {
    name: "CONF-9 no /dev/shm with ipc none",
    config: { namespaces: { ipc: "none" } },
    script: "grep -c ' /dev/shm ' /proc/mounts",
    says: "0\n",
  },
  {
    name: "LIMIT-6 ulimits as given",
    config: {
      limits: {
        ulimits: [
          { name: "nofile", soft: 100, hard: 200 },
          { name: "core", soft: -1, hard: -1 },
        ],
      },
    },
    script: "ulimit -Sn; ulimit -Hn; ulimit -c",
    says: "100\n200\nunlimited\n",
  },
];

for (const { name, config, script, says } of inside) {
  test(name, async () => {
    await using lab = new RuntimeLab();
    const { output } = await lab.run({ ...config, args: ["sh", "-c", script] });
    if (typeof says === "string") assert.equal(output, says);
    else assert.match(output, says);
  });
}

test("CONF-3 LIMIT-6 an exec has the privileges, limits and score of its container", async () => {
  await using lab = new RuntimeLab();
  const confinement: Confinement = { noNewPrivileges: true, oomScoreAdj: 250 };
  const limits = {
    ulimits: [
      { name: "nofile", soft: 64, hard: 64 },
      { name: "core", soft: -1, hard: -1 },
    ],
  };
  const id = await lab.start({ confinement, limits, args: ["sleep", "60"] });
  const script = "grep NoNewPrivs /proc/self/status; ulimit -n; ulimit -c; cat /proc/self/oom_score_adj";
  const spec = {
    args: ["sh", "-c", script],
    env: [],
    workingDir: "",
    user: "",
    tty: false,
    attachStdin: false,
    privileged: false,
  };
  const session = await lab.runtime.exec(id, spec);
  const output = (await Array.fromAsync(session.stdout)).join("");
  assert.equal(output, "NoNewPrivs:\t1\n64\nunlimited\n250\n");
});

test("CONF-9 namespaces of the host, and of another container", async () => {
  await using lab = new RuntimeLab();
  const donor = await lab.start({
    namespaces: { ipc: "shareable" },
    args: ["sh", "-c", "echo hello >/dev/shm/f; exec sleep 60"],
  });
  const links = ["sh", "-c", "cat /dev/shm/f; readlink /proc/self/ns/ipc /proc/1/ns/pid; cat /proc/1/comm"];
  const pid = (await lab.runtime.running()).get(donor);
  const joined = await lab.run({ namespaces: { ipc: `container:${donor}`, pid: `container:${donor}` }, args: links });
  const [ipc, pids] = ["ipc", "pid"].map((name) => readlinkSync(`/proc/${pid}/ns/${name}`));
  assert.equal(joined.output, `hello\n${ipc}\n${pids}\nsleep\n`);
  const own = ["ipc", "pid", "uts"].map((name) => readlinkSync(`/proc/self/ns/${name}`)).join("\n");
  const host = await lab.run({
    namespaces: { ipc: "host", pid: "host", uts: "host" },
    args: ["readlink", "/proc/self/ns/ipc", "/proc/self/ns/pid", "/proc/self/ns/uts"],
  });
  assert.equal(host.output, `${own}\n`);
  const closed = await lab.start({ args: ["sleep", "60"] });
  await assert.rejects(lab.start({ namespaces: { ipc: `container:${closed}` } }), /non-shareable IPC/);
  for (const id of lab.runtime.leftovers()) await lab.runtime.remove(id);
  const { cgroups, mounts, processes, runs } = lab.traces();
  assert.deepEqual({ cgroups, mounts, processes, runs }, { cgroups: [], mounts: [], processes: [], runs: [] });
});

test("CONF-10 what cannot be had is told before anything is made", async () => {
  await using lab = new RuntimeLab();
  const check = (config: Partial<ContainerConfig>) => () =>
    lab.runtime.checkConfinement(lab.plan(config).container.config);
  const device = { pathOnHost: "/dev/nothing", pathInContainer: "/dev/x", permissions: "r" };
  assert.throws(check({ confinement: { devices: [device] } }), /"\/dev\/nothing": no such file or directory/);
  assert.throws(check({ confinement: { devices: [{ ...device, pathOnHost: "/etc/passwd" }] } }), /not a device node/);
  assert.throws(check({ confinement: { seccomp: "{" } }), /Decoding seccomp profile failed/);
  assert.throws(check({ confinement: { apparmor: "mine" } }), /AppArmor profile "mine" is not supported/);
});
