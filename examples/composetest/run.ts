// npm start: a web page that counts its visits in Redis, on a network of their own. Every line that starts with "$" can
// be typed by hand; README.md beside this file does just that.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Example } from "../example.ts";
import { drawTopology } from "../topology.ts";

const port = 8000;
const visits = 3;

async function main(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "fairlead-example-"));
  await using example = await Example.start(root);
  example.undo(() => rmSync(root, { recursive: true, force: true }));
  await example.untilAsked(show(example));
}

async function show(example: Example): Promise<void> {
  await build(example);
  console.log(`\n${await drawTopology(example, "composetest")}\n`);
  await visit(example);
  if (process.stdin.isTTY && process.stdout.isTTY) await stay(example);
}

async function build(example: Example): Promise<void> {
  const node = join(example.checkout, "node_modules/.bin/node");
  const web = join(example.checkout, "examples/composetest/web.ts");
  await example.fairlead("network", "create", "composetest");
  await example.fairlead(
    ...["run", "-d", "--name", "redis", "--network", "composetest", "--rootfs", "host"],
    ...["redis-server", "--save", "", "--bind", "0.0.0.0", "--protected-mode", "no"],
  );
  await example.fairlead(
    ...["run", "-d", "--name", "web", "--network", "composetest", "-p", `${port}:5000`, "--rootfs", "host"],
    ...[node, web, "redis", "5000"],
  );
  await example.logged("redis", /Ready to accept connections/);
  await example.logged("web", /listening on port/);
}

/** The answers count up: web found redis by name, and the published port led to web. */
async function visit(example: Example): Promise<void> {
  for (let count = 1; count <= visits; count++) {
    console.log(`$ curl http://localhost:${port}/`);
    const answer = await (await fetch(`http://localhost:${port}/`)).text();
    console.log(answer.trimEnd());
    if (!answer.includes(`visit number ${count}.`))
      throw new Error(`the page should count visit ${count}, but says: ${answer.trim()}`);
  }
  await example.fairlead("exec", "web", "getent", "hosts", "redis");
  await example.fairlead("port", "web");
}

async function stay(example: Example): Promise<void> {
  console.log(`\nOpen http://localhost:${port}/ in a browser, or look around in another terminal:`);
  console.log(`  export FAIRLEAD_HOST=${example.host}`);
  console.log("  ./fairlead ps; ./fairlead network inspect composetest; ./fairlead exec web ip route");
  console.log("Ctrl-C ends the example and removes all of it.");
  await example.asked;
  console.log();
}

if (!existsSync("/usr/bin/redis-server"))
  throw new Error("redis-server is not installed: run `npm start`, which installs it");
await main();
