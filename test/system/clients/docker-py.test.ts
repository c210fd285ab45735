import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Host } from "../../../lab/host.ts";
import { rootArchive } from "../../../lab/images/docker-archive.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
const env = { DOCKER_HOST: `unix://${host.socket}` };

const docker = (command: string) => host.exec(["sh", "-c", `docker ${command}`], { env });

before(async () => {
  writeFileSync(host.pathOf(`${host.folder}/root.tar`), rootArchive());
  await docker(`import ${host.folder}/root.tar small:1`);
});

/** Debian's, which docker-compose brings along. */
const python = "/usr/bin/python3";

// Its reader loses what arrives in one piece with the head of the answer.
test("CLI-5 docker-py: exec_run, run and attach get every byte, and only the outputs that they ask for", async () => {
  const script = join(import.meta.dirname, "docker-py.py");
  const { code, stdout, stderr } = await host.exec([python, script], { env });
  assert.deepEqual([code, stdout], [0, "[]\n"], stderr);
});

const words = "OCI runtime exec failed: exec failed: unable to start container process";
const missing = `${words}: exec: "nosuch": executable file not found in $PATH: unknown`;

test("CLI-6 docker exec of what cannot be started: Docker's words and exit codes, as a status with -d", async () => {
  await docker("run -d --name web small:1 sleep 1000");
  const said = async (command: string) => {
    const { code, stdout, stderr } = await docker(command);
    return [code, `${stdout}${stderr}`.trim()];
  };
  assert.deepEqual(await said("exec web nosuch"), [127, missing]);
  assert.deepEqual(await said("exec -u missing web id"), [
    126,
    "unable to find user missing: no matching entries in passwd file",
  ]);
  const [code, chdir] = await said("exec -w /nodir web id");
  assert.equal(code, 126);
  assert.match(String(chdir), /: chdir to cwd \("\/nodir"\) .*: no such file or directory: unknown$/);
  const detached = await docker("exec -d web nosuch");
  assert.notEqual(detached.code, 0);
  assert.equal(detached.stderr.trim(), `Error response from daemon: ${missing}`);
});
