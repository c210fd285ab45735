import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ContainerConfig } from "../model/container.ts";
import { RuntimeLab } from "./testing/lab.ts";
import { requirePidNamespace } from "./testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

/** Settings and what a shell script then says inside. */
const inside: readonly { name: string; config: Partial<ContainerConfig>; script: string; says: string }[] = [
  {
    name: "runs as the user and groups named",
    config: { user: "daemon:mail" },
    script: "id -u; id -g; grep CapEff /proc/self/status",
    says: "1\n8\nCapEff:\t0000000000000000\n",
  },
  {
    name: "has Docker's capabilities, changed as asked",
    config: { capDrop: ["chown"], capAdd: ["CAP_NET_ADMIN"] },
    script: "grep CapEff /proc/self/status",
    says: "CapEff:\t00000000a80435fa\n",
  },
  {
    name: "has host name, domain name and environment",
    config: { hostname: "web", domainname: "example.test", env: ["A=1 2", "PATH=/bin"] },
    script: 'hostname; domainname; echo "$A|$PATH|$HOSTNAME|$HOME"',
    says: "web\nexample.test\n1 2|/bin|web|/root\n",
  },
  {
    name: "starts in its working directory, which is made",
    config: { workingDir: "/srv/made/here" },
    script: "pwd",
    says: "/srv/made/here\n",
  },
  {
    name: "has the three files of /etc",
    config: {},
    script: "cat /etc/resolv.conf /etc/hosts /etc/hostname",
    says: "resolvConf of the test\nhosts of the test\nhostname of the test\n",
  },
  {
    name: "cannot write to a read-only root, but to a tmpfs",
    config: {
      readonlyRootfs: true,
      mounts: [{ type: "tmpfs", source: "tmpfs", target: "/scratch", readOnly: false, options: ["size=1m"] }],
    },
    script: "touch /root/x 2>/dev/null || echo refused; echo y >/scratch/x && cat /scratch/x; stat -f -c %T /scratch",
    says: "refused\ny\ntmpfs\n",
  },
  {
    name: "sees its own processes, and no secrets of the kernel",
    config: {},
    script: "echo $$; wc -c </proc/timer_list; (echo 1 >/proc/sysrq-trigger) 2>/dev/null || echo refused",
    says: "1\n0\nrefused\n",
  },
  {
    name: "cannot open the host's disks, nor mount",
    config: {},
    script:
      "mknod /root/disk b 254 0; dd if=/root/disk count=1 2>&1 | grep -o 'Operation.*'; mount -t proc p /mnt 2>&1 | grep -o denied",
    says: "Operation not permitted\ndenied\n",
  },
];

for (const { name, config, script, says } of inside) {
  test(`container ${name}`, async () => {
    await using lab = new RuntimeLab();
    const { output, exit } = await lab.run({ ...config, args: ["sh", "-c", script] });
    assert.deepEqual({ output, exitCode: exit.exitCode }, { output: says, exitCode: 0 });
  });
}

test("container reads and writes bind mounts as it is allowed to", async () => {
  await using lab = new RuntimeLab();
  const shared = join(lab.directory, "shared");
  mkdirSync(shared);
  writeFileSync(join(shared, "file"), "of the host\n");
  const mount = { type: "bind", source: shared, options: [] } as const;
  const { output } = await lab.run({
    mounts: [
      { ...mount, target: "/a/b", readOnly: true },
      { ...mount, target: "/rw", readOnly: false },
    ],
    args: ["sh", "-c", "cat /a/b/file; touch /a/b/x 2>/dev/null || echo refused; echo inside >/rw/answer"],
  });
  assert.equal(output, "of the host\nrefused\n");
  assert.equal(readFileSync(join(shared, "answer"), "utf8"), "inside\n");
});

test("container joins the network namespace given, with its sysctls", async () => {
  await using lab = new RuntimeLab();
  const holder = spawn("unshare", ["--net", "sh", "-c", "echo; exec sleep 1000"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await holder.stdout.take(1).toArray();
    const netnsPath = `/proc/${holder.pid}/ns/net`;
    const plan = lab.plan({
      networkMode: { kind: "networks" },
      sysctls: { "net.ipv4.ip_forward": "1" },
      args: [
        "sh",
        "-c",
        "readlink /proc/self/ns/net; cd /proc/sys/net/ipv4; cat ip_forward ip_unprivileged_port_start",
      ],
    });
    const { id } = plan.container;
    const exit = lab.exitOf(id);
    await lab.runtime.create({ ...plan, netnsPath });
    await lab.runtime.start(id);
    await exit;
    assert.equal(await lab.output(id), `${readlinkSync(netnsPath)}\n1\n0\n`);
  } finally {
    holder.kill("SIGKILL");
  }
});

test("container without a namespace given is in the host's stack, but has a host name of its own", async () => {
  await using lab = new RuntimeLab();
  const { output } = await lab.run({ hostname: "own", args: ["sh", "-c", "readlink /proc/self/ns/net; hostname"] });
  assert.equal(output, `${readlinkSync("/proc/self/ns/net")}\nown\n`);
});

test("container that is privileged has every capability there is, the host's devices and writable /proc/sys", async () => {
  await using lab = new RuntimeLab();
  const [, bound] = /^CapBnd:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  const script = "grep CapEff /proc/self/status; test -w /proc/sys/kernel/hostname && echo writable; ls /dev/kmsg";
  const { output } = await lab.run({ privileged: true, args: ["sh", "-c", script] });
  assert.equal(output, `CapEff:\t${bound}\nwritable\n/dev/kmsg\n`);
});

test("containers can be made and removed many at a time", async () => {
  await using lab = new RuntimeLab();
  const rounds = Array.from({ length: 6 }, async () => {
    for (let round = 0; round < 3; round += 1) {
      const { id, output } = await lab.run({ args: ["sh", "-c", "echo done"] });
      assert.equal(output, "done\n");
      await lab.runtime.remove(id);
    }
  });
  await Promise.all(rounds);
  const { cgroups, mounts, processes } = lab.traces();
  assert.deepEqual({ cgroups, mounts, processes }, { cgroups: [], mounts: [], processes: [] });
});

test("container with a terminal writes to it and its log has what it wrote", async () => {
  await using lab = new RuntimeLab();
  const { output } = await lab.run({ tty: true, args: ["sh", "-c", "test -t 1 && echo $TERM"] });
  assert.equal(output, "xterm\r\n");
});
