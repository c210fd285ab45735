import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { invalid } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { type AddressOptions, formatClusterAddress, parseClusterAddress } from "../cluster/address.ts";
import { StoreCluster } from "../cluster/cluster.ts";
import { openEmbeddedStore } from "../cluster/embedded/store.ts";
import { embedded, Journal } from "../cluster/journal.ts";
import { openClusterStore } from "../cluster/open.ts";
import type { ClusterOptions } from "../cluster/options.ts";
import type { Cluster } from "../contracts/cluster.ts";
import type { Kernel } from "../contracts/kernel.ts";
import type { Store } from "../contracts/store.ts";
import type { Tunnels } from "../contracts/tunnel.ts";
import type { TunnelSettings } from "../engine/shared/host-tunnel.ts";
import { placeOf } from "./advertise.ts";
import type { ClusterSettings } from "./cluster-options.ts";
import { releaseVersion } from "./release.ts";
import { tunnelEnd, tunnelSettings } from "./tunnel.ts";

/**
 * The cluster that the flags name, or the one that a host is by itself, which joins when it is started; and this host's
 * tunnel in it.
 */
export async function openCluster(
  settings: ClusterSettings,
  parts: { store: Store; kernel: Kernel; tunnels: Tunnels; daemonId: string; log: Log },
): Promise<{ cluster: Cluster; tunnel: TunnelSettings }> {
  const { store, kernel, tunnels, daemonId, log } = parts;
  const place = settings.url === "" ? undefined : placeOf(settings.advertise, kernel);
  const tunnel = tunnelSettings(settings, tunnels, place);
  const hasTunnel = place !== undefined && tunnel.unsupported === undefined;
  const options: Omit<ClusterOptions, "store" | "storeName"> = {
    journal: new Journal(store),
    self: {
      id: daemonId,
      name: hostname(),
      vtep: place?.address ?? "",
      mtu: place?.mtu ?? 0,
      ...(hasTunnel ? { tunnel: tunnelEnd(settings.tunnelPort, tunnels, daemonId) } : {}),
      version: releaseVersion(),
      since: new Date().toISOString(),
    },
    device: place?.device ?? "",
    port: settings.port,
    vnis: settings.vnis,
    leaseSeconds: settings.leaseSeconds,
    graceSeconds: settings.graceSeconds,
    boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    log,
  };
  if (!place) {
    const cluster = new StoreCluster({ ...options, store: openEmbeddedStore(store, log), storeName: embedded });
    return { cluster, tunnel };
  }
  const address = parseClusterAddress(settings.url, secretsOf(settings));
  const storeName = formatClusterAddress(address);
  return { cluster: new StoreCluster({ ...options, store: await openClusterStore(address, log), storeName }), tunnel };
}

function secretsOf({ ca, certificate, key, passwordFile }: ClusterSettings): AddressOptions {
  return {
    ...(ca ? { ca } : {}),
    ...(certificate ? { certificate } : {}),
    ...(key ? { key } : {}),
    ...(passwordFile ? { password: readPassword(passwordFile) } : {}),
  };
}

function readPassword(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/\n$/, "");
  } catch (cause) {
    throw invalid("--cluster-password-file", `${path} cannot be read: ${(cause as Error).message}`);
  }
}
