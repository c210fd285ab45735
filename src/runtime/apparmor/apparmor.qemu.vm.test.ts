import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { ContainerConfig } from "../../model/container.ts";
import { RuntimeLab } from "../testing/lab.ts";
import { requirePidNamespace } from "../testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

const loaded = () => readFileSync("/sys/kernel/security/apparmor/profiles", "utf8").split("\n");
const label = "cat /proc/self/attr/current";
/** All that else stands in a container's way is lifted, so that what is refused is refused by the profile. */
const open: Partial<ContainerConfig> = {
  privileged: true,
  confinement: { apparmor: "docker-default" },
};

async function says(script: string, config: Partial<ContainerConfig> = {}): Promise<string> {
  await using lab = new RuntimeLab();
  return (await lab.run({ args: ["sh", "-c", `{ ${script}; } 2>&1`], ...config })).output;
}

test("CONF-11 many containers that start at once load docker-default once, and run under it, their execs too", async () => {
  assert.deepEqual(
    loaded().filter((line) => line.startsWith("docker-default")),
    [],
  );
  await using lab = new RuntimeLab();
  const args = ["sleep", "1000"];
  const [id = ""] = await Promise.all([
    lab.start({ args }),
    lab.start({ args }),
    lab.start({ args, privileged: false }),
  ]);
  assert.deepEqual(
    loaded().filter((line) => line.startsWith("docker-default")),
    ["docker-default (enforce)"],
  );
  assert.equal((await lab.run({ args: ["sh", "-c", label] })).output, "docker-default (enforce)\n");
  const spec = { args: ["sh", "-c", label], env: [], workingDir: "", user: "", tty: false, attachStdin: false };
  for (const privileged of [false, true]) {
    const { stdout } = await lab.runtime.exec(id, { ...spec, privileged });
    assert.match(await text(stdout), /^docker-default \(enforce\)$/m);
  }
  // As an upgrade of AppArmor does.
  writeFileSync("/sys/kernel/security/apparmor/.remove", "docker-default");
  const { stdout } = await lab.runtime.exec(id, { ...spec, privileged: false });
  assert.match(await text(stdout), /^docker-default \(enforce\)$/m);
});

test("CONF-11 the profile refuses mounts, and writing to /proc and /sys, whatever capabilities there are", async () => {
  const denied = [
    "mount -t tmpfs none /mnt",
    "head -c 1 /proc/kcore",
    "echo h > /proc/sysrq-trigger",
    "echo 1 > /proc/sys/vm/drop_caches",
    "echo x > /proc/sys/kernel/core_pattern",
    "echo 0 > /proc/irq/default_smp_affinity",
    "echo 0 > /sys/kernel/mm/ksm/run",
  ];
  for (const command of denied)
    assert.match(await says(command, open), /denied|not permitted|cannot mount none/i, command);
  const allowed =
    "echo 7 > /proc/self/oom_score_adj && sysctl -qw kernel.shmmni=4000 && umount /dev/mqueue && kill -0 $$ && echo fine";
  assert.equal(await says(allowed, open), "fine\n");
});

test("CONF-11 apparmor=unconfined and a privileged container have none; one's own profile counts when it is loaded", async () => {
  assert.match(await says(label, { confinement: { apparmor: "unconfined" } }), /^unconfined/);
  assert.match(await says(label, { privileged: true }), /^unconfined/);
  await using lab = new RuntimeLab();
  const own = { confinement: { apparmor: "my own" } };
  assert.throws(() => lab.runtime.checkConfinement(lab.plan(own).container.config), {
    code: "NOT_SUPPORTED",
    message: /AppArmor profile "my own" .*not loaded/,
  });
  const file = join(lab.directory, "profile");
  writeFileSync(file, 'profile "my own" { file, capability, signal, deny /etc/hostname r, }\n');
  execFileSync("apparmor_parser", ["--skip-cache", "--add", file]);
  assert.match(await says(`${label}; cat /etc/hostname`, own), /^my own \(enforce\)\n.*denied/s);
  assert.match(await says(label, { ...own, privileged: true }), /^my own/);
});
