import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { callApi, clear, refusal } from "../../lab/api.ts";
import { dockerCli } from "../../lab/docker-cli.ts";
import { Host } from "../../lab/host.ts";
import { importBusybox } from "../../lab/images/import-busybox.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
before(async () => {
  await host.startDaemon();
  await importBusybox(host);
});
beforeEach(() => clear(host));

const { docker } = dockerCli(host);
const counting = ["busybox", "sh", "-c", "trap 'exit 7' TERM; while :; do echo x; usleep 2000; done"];
const state = () => docker("inspect", "-f", "{{.State.Status}} {{.State.Running}} {{.State.Paused}}", "web");
const lines = async () => (await docker("logs", "web")).length;

test("LIFE-11 docker pause freezes a container, and unpause lets it go on", async () => {
  await docker("run", "-d", "--name", "web", ...counting);
  await docker("pause", "web");
  assert.equal(await state(), "paused true true");
  assert.match(
    await docker("ps", "--filter", "status=paused", "--format", "{{.Names}} {{.Status}}"),
    /^web Up .* \(Paused\)$/,
  );
  const { body: info } = await callApi(host, "GET", "/info");
  assert.deepEqual([info["ContainersRunning"], info["ContainersPaused"]], [0, 1]);
  const frozen = await lines();
  assert.equal(await lines(), frozen);
  const { body } = await callApi(host, "GET", "/containers/web/json");
  const id = String(body["Id"]);
  assert.deepEqual(
    [
      await refusal(host, "POST", "/containers/web/pause"),
      await refusal(host, "POST", "/containers/web/start"),
      await refusal(host, "POST", "/containers/web/exec", { Cmd: ["true"] }),
      await refusal(host, "DELETE", "/containers/web"),
    ],
    [
      `409 Container ${id} is already paused`,
      "409 cannot start a paused container, try unpause instead",
      "409 Container web is paused, unpause the container before exec",
      'cannot remove container "/web": container is paused and must be unpaused first'.replace(/^/, "409 "),
    ],
  );
  await docker("unpause", "web");
  assert.equal(await state(), "running true false");
  while ((await lines()) === frozen);
  assert.equal(await refusal(host, "POST", "/containers/web/unpause"), `409 Container ${id} is not paused`);
});

test("LIFE-12 stop, kill and rm -f reach a paused container", async () => {
  for (const [verb, code] of [
    ["stop", 7],
    ["kill", 137],
  ] as const) {
    await docker("run", "-d", "--name", "web", ...counting);
    await docker("pause", "web");
    await docker(verb, "web");
    assert.equal(await docker("inspect", "-f", "{{.State.ExitCode}}", "web"), String(code));
    await docker("start", "web");
    await docker("pause", "web");
    await docker("rm", "-f", "web");
  }
});

test("LIFE-13 a paused container survives the daemon as paused", async () => {
  await docker("run", "-d", "--name", "web", ...counting);
  await docker("pause", "web");
  await host.killDaemon();
  await host.startDaemon();
  assert.equal(await state(), "paused true true");
  await docker("unpause", "web");
  assert.equal(await state(), "running true false");
  await docker("stop", "web");
});
