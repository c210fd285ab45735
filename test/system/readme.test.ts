import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Host } from "../../lab/host.ts";
import { checkout, lineOf } from "../../lab/process.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());

interface Step {
  readonly command: string;
  readonly output: string;
}

/** The console blocks of README.md: lines that begin with "# " are typed, the others are what is seen. */
const steps: Step[] = [...readFileSync(join(checkout, "README.md"), "utf8").matchAll(/```console\n(.*?)```/gs)]
  .flatMap(([, block = ""]) => block.split(/^# /m).slice(1))
  .map((text) => ({ command: text.slice(0, text.indexOf("\n")), output: text.slice(text.indexOf("\n") + 1) }));

/** Ids of the README and what they are here, 12 characters of each. */
const ids = new Map<string, string>();

/** What differs from run to run: ids, addresses of the random prefix (RFC 4193), times, and the width of columns. */
const settled = (text: string): string =>
  text
    .replaceAll(/\b[0-9a-f]{64}\b/g, "ID")
    .replaceAll(/\b(?=[0-9a-f]*\d)[0-9a-f]{12}\b/g, "SHORT-ID")
    .replaceAll(/\bfd[0-9a-f]{2}(:[0-9a-f]{0,4})+/g, "PREFIX::")
    .replaceAll(/(Less than a|About a|\d+) (second|minute)s?/g, "TIME")
    .replaceAll(/ +/g, " ")
    .replaceAll(/ +$/gm, "");

/** What is done once; anything else may be asked again until it is as told, since programs take a moment to start. */
const once = /network (create|connect)|run -d|port add|reset|nft flush/;

async function see({ command, output }: Step): Promise<string> {
  const typed = command.replaceAll(/\b(?:br-)?([0-9a-f]{12})\b/g, (whole, id: string) =>
    whole.replace(id, ids.get(id) ?? id),
  );
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { stdout, stderr } = await host.exec(["bash", "-c", `cd ${checkout} && ${typed}`]);
    const seen = stdout + stderr;
    if (settled(seen) === settled(output) || once.test(command) || Date.now() > deadline) return seen;
    await wait(50);
  }
}

before(async () => {
  // The daemon's own defaults, on file systems that nobody else sees.
  await host.run("sh", "-ec", "mount -t tmpfs none /var/lib; mount -t tmpfs none /run; mkdir /run/netns");
  await lineOf(host.spawn([`${checkout}/fairlead`, "daemon"]), /"msg":"ready"/, "the daemon");
});

test("API-11 README.md has a tour", () => {
  assert.ok(steps.length > 15);
});

for (const step of steps) {
  test(`API-11 the tour in README.md: ${step.command}`, async () => {
    const seen = await see(step);
    assert.equal(settled(seen), settled(step.output));
    const [told, found] = [step.output, seen].map((text) => /^[0-9a-f]{64}$/m.exec(text)?.[0].slice(0, 12));
    if (told && found) ids.set(told, found);
  });
}

test("API-11 the tour leaves the host as it was", async () => {
  const links = await host.json("ip", "-j", "link");
  assert.deepEqual(
    links.map(({ ["ifname"]: name }) => name),
    ["lo"],
  );
  assert.equal(await host.run("nft", "list", "ruleset"), "");
});
