import assert from "node:assert/strict";
import { test } from "node:test";
import { Dockerd, lacksDockerd } from "../../lab/dockerd.ts";
import { Host } from "../../lab/host.ts";
import { importBusybox } from "../../lab/images/import-busybox.ts";
import { probeProgram, probes } from "../../src/runtime/testing/probe.ts";

const skip = lacksDockerd();

/** What Docker 28 refuses and 20.10 does not; AF_ALG: release 29 only. */
const refusedSince = ["io_uring_setup", "socket AF_ALG", "socket AF_VSOCK"];

/** The same image with the host's python, which makes the calls and says what came of each. */
async function answers(host: Host, ...options: string[]): Promise<Record<string, string>> {
  const binds = [":/usr:ro", "/lib:/lib:ro", "/lib64:/lib64:ro"].flatMap((bind) => ["-v", `/usr${bind}`]);
  const [, ...program] = probeProgram();
  const { code, stdout, stderr } = await host.docker(
    "run",
    "--rm",
    ...options,
    ...binds,
    "busybox",
    "/usr/bin/python3",
    ...program,
  );
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Record<string, string>;
}

test("CONF-1 a container is refused what Docker's own engine refuses, and nothing else but what later releases do", {
  skip,
}, async () => {
  await using ours = await Host.create("ours");
  await using theirs = await Host.create("theirs");
  await ours.startDaemon();
  await Dockerd.start(theirs);
  await importBusybox(ours);
  await importBusybox(theirs);
  const cases = [
    [],
    ["--cap-add", "SYS_ADMIN"],
    ["--cap-add", "SYSLOG"],
    ["--cap-drop", "ALL"],
    ["--security-opt", "seccomp=unconfined"],
  ];
  for (const options of cases) {
    const [here, there] = [await answers(ours, ...options), await answers(theirs, ...options)];
    const different = probes.map(([label]) => label).filter((label) => here[label] !== there[label]);
    const filtered = options.includes("seccomp=unconfined") ? [] : refusedSince;
    assert.deepEqual(
      different.filter((label) => !filtered.includes(label)).map((label) => [label, here[label], there[label]]),
      [],
      options.join(" "),
    );
    for (const label of filtered) assert.equal(here[label], "EPERM", label);
  }
});
