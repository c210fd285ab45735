import type { Host } from "../lab/host.ts";

/**
 * Starts a daemon for the second time: as every one but the first after an update it finds the code compiled, and has not
 * loaded what strips the types of it, some 40 MB. The cache is written at a daemon's end.
 */
export async function startWarmDaemon(host: Host): Promise<void> {
  await host.startDaemon();
  await host.killDaemon("SIGTERM");
  await host.startDaemon();
}
