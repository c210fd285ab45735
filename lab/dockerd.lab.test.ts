import assert from "node:assert/strict";
import { globSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Layout } from "../src/runtime/layout.ts";
import { callApi } from "./api.ts";
import { Dockerd, lacksDockerd } from "./dockerd.ts";
import { Host } from "./host.ts";
import { imageId, rootArchive, type TestImage } from "./images/docker-archive.ts";
import { loadImages } from "./images/put-archive.ts";
import { file, whiteout } from "./images/tar.ts";

const skip = lacksDockerd();
const image: TestImage = {
  tags: ["small:1", "small:latest"],
  config: {
    Env: ["PATH=/bin", "GREETING=hello"],
    Cmd: ["cat", "motd"],
    WorkingDir: "/srv",
    User: "user",
    ExposedPorts: { "80/tcp": {} },
    Healthcheck: { Test: ["CMD", "true"], Interval: 1e9 },
  },
  layers: [
    [file("srv/motd", "one\n"), file("srv/gone", "")],
    [file("srv/motd", "two\n"), whiteout("srv/gone")],
  ],
};

test("Docker's own engine runs in a host, on an image made on the spot, and ends with it", { skip }, async () => {
  let cgroups: () => string[] = () => [];
  {
    await using host = await Host.create("peer");
    const { cgroupParent } = new Layout(host.roots.dataRoot, host.roots.execRoot);
    cgroups = () => globSync(`/sys/fs/cgroup/{,*/}${cgroupParent}`);
    await Dockerd.start(host);
    await loadImages(host, image);
    const docker = async (...args: string[]) => {
      const { code, stdout, stderr } = await host.docker(...args);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    assert.equal(await docker("images", "--quiet", "--no-trunc", "small:1"), `${imageId(image)}\n`);
    assert.equal(await docker("run", "--rm", "small"), "two\n");
    writeFileSync(host.pathOf(`${host.folder}/root.tar`), rootArchive([file("motd", "imported\n")]));
    await docker("import", `${host.folder}/root.tar`, "imported");
    assert.equal(await docker("run", "--rm", "imported", "/bin/cat", "motd"), "imported\n");
    const script = "ls; whoami; echo $GREETING; wget -qO- http://web:8080/motd";
    await docker("network", "create", "net");
    await docker("run", "-d", "--name", "web", "--net", "net", "-p", "8081:8080", "small", "httpd", "-fp", "8080");
    assert.equal(
      await docker("run", "--rm", "--init", "--net", "net", "small", "sh", "-c", script),
      "motd\nuser\nhello\ntwo\n",
    );
    assert.equal(await host.run("busybox", "wget", "-qO-", "http://127.0.0.1:8081/motd"), "two\n");
    const { body } = await callApi(host, "GET", "/version");
    assert.equal(body["ApiVersion"], "1.41");
    assert.notDeepEqual(cgroups(), []);
  }
  assert.deepEqual(cgroups(), []);
});
