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

// docker-compose 1.29 does it with every service, to give it its addresses and names.
test("CLI-9 a container of an old client has its MAC address on its main network after it has been connected anew", async () => {
  const mac = "02:42:ac:11:65:43";
  const script = `
import docker
c = docker.APIClient("unix://${host.socket}", version="1.38")
c.create_network("web")
c.create_container("small:1", ["sleep", "60"], name="old", mac_address="${mac}", host_config=c.create_host_config(network_mode="web"))
show = lambda: c.inspect_container("old")
short = show()["Id"][:12]
print(short in (show()["NetworkSettings"]["Networks"]["web"]["Aliases"] or []))
c.disconnect_container_from_network("old", "web")
c.connect_container_to_network("old", "web", aliases=["a"], link_local_ips=["169.254.8.8"])
c.start("old")
ep = show()["NetworkSettings"]["Networks"]["web"]
print(short in ep["Aliases"], ep["MacAddress"], ep["IPAMConfig"], show()["Config"]["MacAddress"])
c.remove_container("old", force=True)
c.remove_network("web")`;
  const { stdout, stderr } = await host.exec([python, "-c", script], { env });
  const shown = `False\nTrue ${mac} {'LinkLocalIPs': ['169.254.8.8']} ${mac}\n`;
  assert.equal(stdout, shown, stderr);
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
  // Since 28.2 it is refused when it is made (STR-32): nothing runs that could have a code.
  assert.deepEqual(await said("exec -u missing web id"), [
    1,
    "Error response from daemon: unable to find user missing: no matching entries in passwd file",
  ]);
  const [code, chdir] = await said("exec -w /nodir web id");
  assert.equal(code, 126);
  assert.match(String(chdir), /: chdir to cwd \("\/nodir"\) .*: no such file or directory: unknown$/);
  const detached = await docker("exec -d web nosuch");
  assert.notEqual(detached.code, 0);
  assert.equal(detached.stderr.trim(), `Error response from daemon: ${missing}`);
});
