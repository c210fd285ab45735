import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { callApi } from "../../../lab/api.ts";
import { ComposeProject } from "../../../lab/compose.ts";
import { Host } from "../../../lab/host.ts";
import { rootArchive } from "../../../lab/images/docker-archive.ts";
import { file } from "../../../lab/images/tar.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();

/** A page at the front; names, addresses and networks as people write them. */
const shop = (greeting: string) => `
version: "2.4"
services:
  web:
    image: small:1
    command: httpd -f -p 8000 -h /srv
    environment: { GREETING: ${greeting} }
    networks:
      front: { ipv4_address: 10.77.0.10, ipv6_address: "fd77::10", aliases: [www, shop] }
      back:
    ports: ["8080:8000", "127.0.0.1:8081:8000/tcp"]
    depends_on: [db]
  db:
    image: small:1
    command: nc -ll -p 5432 -e echo rows
    networks: { back: { aliases: [store] } }
  worker:
    image: small:1
    command: sleep infinity
    networks: { back: { aliases: [workers] } }
    dns_search: [example.net]
    extra_hosts: ["printer:10.9.8.7"]
networks:
  front:
    enable_ipv6: true
    driver_opts: { com.docker.network.bridge.name: shop0 }
    ipam: { config: [ { subnet: 10.77.0.0/24, gateway: 10.77.0.1 }, { subnet: "fd77::/64" } ] }
  back: { internal: true }
`;
const project = new ComposeProject(host, "shop", shop("hello"));
/** By the docker CLI: docker-compose takes a second a command. */
const docker = (...args: string[]) => host.run("docker", "-H", `unix://${host.socket}`, ...args);
const inside = async (service: string, script: string) =>
  (await docker("exec", `shop_${service}_1`, "sh", "-c", script)).trimEnd();
const get = (url: string) => host.run("curl", "-sS", "--max-time", "5", url);

before(async () => {
  writeFileSync(host.pathOf(`${host.folder}/root.tar`), rootArchive([file("srv/index.html", "page\n")]));
  await docker("import", `${host.folder}/root.tar`, "small:1");
});

test("CLI-2 docker-compose up: networks, names, static addresses, published ports", async () => {
  await project.run("up", "-d");
  assert.equal(await get("http://127.0.0.1:8080/"), "page\n");
  assert.equal(await get("http://127.0.0.1:8081/"), "page\n");
  assert.equal(await get("http://[fd77::10]:8000/"), "page\n");
  assert.equal(
    await inside("web", "nc store 5432; nc db 5432; nc shop_db_1 5432; echo $GREETING"),
    "rows\nrows\nrows\nhello",
  );
  assert.match(await inside("db", "nslookup web"), /Address: 172\.\d+\.\d+\.\d+$/m);
  assert.match(await inside("web", "ip -4 addr show to 10.77.0.0/24"), /inet 10\.77\.0\.10\/24/);
  assert.match(await inside("web", "nslookup shop"), /^Address: 10\.77\.0\.10$/m);
  assert.match(await inside("worker", "cat /etc/resolv.conf"), /search example\.net/);
  assert.match(await inside("worker", "cat /etc/hosts"), /^10\.9\.8\.7\tprinter$/m);
  assert.match(await host.run("ip", "addr", "show", "shop0"), /10\.77\.0\.1\/24/);
});

test("CLI-2 a service on an internal network has no way out, and only its neighbours' names", async () => {
  assert.doesNotMatch(await inside("db", "ip route"), /default/);
  await assert.rejects(inside("db", "nslookup www"), /can't find www/);
});

test("CLI-2 docker-compose ps, port, logs, top, exec's exit code, events of the project's networks", async () => {
  const listed = await project.run("ps");
  assert.match(listed, /^shop_db_1 +nc -ll -p 5432 -e echo rows +Up *$/m);
  assert.match(listed, /^shop_web_1 +httpd -f -p 8000 -h \/srv +Up +0\.0\.0\.0:8080->8000\/tcp/m);
  assert.equal(await project.run("port", "web", "8000"), "0.0.0.0:8080");
  await inside("web", "echo to the log > /proc/1/fd/1");
  assert.match(await project.run("logs", "--no-color", "web"), /^web_1 +\| to the log$/m);
  assert.equal((await project.exec("exec", "-T", "worker", "sh", "-c", "exit 7")).code, 7);
});

test("CLI-2 docker-compose up again changes nothing; a changed service is made anew at its address", async () => {
  const ids = await project.run("ps", "-q");
  assert.match((await project.exec("up", "-d")).stderr, /shop_web_1 is up-to-date/);
  assert.equal(await project.run("ps", "-q"), ids);
  project.write(shop("changed"));
  assert.match((await project.exec("up", "-d")).stderr, /Recreating shop_web_1/);
  assert.equal(await inside("web", "echo $GREETING; nc store 5432"), "changed\nrows");
  assert.equal(await get("http://10.77.0.10:8000/"), "page\n");
});

test("CLI-2 docker-compose scales a service up and down: one name, as many addresses", async () => {
  const addresses = async () => (await inside("web", "nslookup workers")).match(/^Address: .*$/gm) ?? [];
  await project.run("up", "-d", "--scale", "worker=4", "--no-recreate");
  assert.equal(new Set(await addresses()).size, 4);
  await project.run("up", "-d", "--scale", "worker=2", "--no-recreate");
  assert.equal(new Set(await addresses()).size, 2);
});

test("CLI-2 docker-compose stop, start, restart, kill and run", async () => {
  await project.run("stop", "-t", "1", "web");
  assert.match(await project.run("ps", "web"), /Exit/);
  await project.run("start", "web");
  assert.equal(await get("http://127.0.0.1:8080/"), "page\n");
  await project.run("restart", "-t", "1", "db");
  assert.equal(await inside("worker", "nc db 5432"), "rows");
  await project.run("kill", "-s", "KILL", "db");
  assert.match(await project.run("ps", "db"), /Exit 137/);
  assert.equal(await project.run("run", "--rm", "-T", "worker", "wget", "-qO-", "http://web:8000/"), "page");
});

test("CLI-2 docker-compose down leaves no container and no network", async () => {
  await project.run("down", "-t", "1");
  assert.deepEqual((await callApi(host, "GET", "/containers/json?all=1")).body, []);
  assert.equal(await host.fairlead("network", "ls", "--format", "{{.Name}}"), "bridge\nhost\nnone");
  assert.equal((await host.exec(["ip", "link", "show", "shop0"])).code, 1);
});
