import { dockerCli } from "../../../lab/docker-cli.ts";
import { Host } from "../../../lab/host.ts";
import { importBusybox } from "../../../lab/images/import-busybox.ts";
import type { Result } from "../../../lab/process.ts";

/** A host with a daemon and the image "busybox". */
export async function streamsHost(...daemonArguments: string[]): Promise<Host> {
  const host = await Host.create();
  await host.startDaemon(...daemonArguments);
  await importBusybox(host);
  return host;
}

/** Runs the docker CLI, which must succeed without a word on stderr; returns what it printed. */
export const docker = (host: Host, ...args: string[]): Promise<string> => dockerCli(host).docker(...args);

/** Runs a shell script in the host, in which `docker` talks to its daemon. */
export function shell(host: Host, script: string): Promise<Result> {
  return host.exec(["sh", "-c", script], { env: { DOCKER_HOST: `unix://${host.socket}` }, timeoutMs: 120_000 });
}
