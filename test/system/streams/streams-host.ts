import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Host } from "../../../lab/host.ts";
import { busyboxRoot } from "../../../lab/images/busybox.ts";
import { tarOf } from "../../../lab/images/tar.ts";
import type { Result } from "../../../lab/process.ts";

/** A host with a daemon and the image "busybox". */
export async function streamsHost(...daemonArguments: string[]): Promise<Host> {
  const host = await Host.create();
  await host.startDaemon(...daemonArguments);
  const archive = `${host.folder}/busybox.tar`;
  writeFileSync(host.pathOf(archive), tarOf(busyboxRoot()));
  await docker(host, "import", archive, "busybox");
  return host;
}

/** Runs the docker CLI, which must succeed without a word on stderr; returns what it printed. */
export async function docker(host: Host, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await host.docker(...args);
  assert.deepEqual([code, stderr], [0, ""], args.join(" "));
  return stdout.trimEnd();
}

/** Runs a shell script in the host, in which `docker` talks to its daemon. */
export function shell(host: Host, script: string): Promise<Result> {
  return host.exec(["sh", "-c", script], { env: { DOCKER_HOST: `unix://${host.socket}` }, timeoutMs: 120_000 });
}
