import { readFileSync } from "node:fs";
import type { Kernel, KernelObject } from "../contracts/kernel.ts";
import type { Store } from "../contracts/store.ts";
import { hostSetting } from "../engine/host.ts";

/**
 * Settings that let the host forward containers' packets (dockerd: --ip-forward). A host that forwards IPv6 no longer
 * listens to router advertisements (ip-sysctl.rst, accept_ra) and would lose its own default route: 2 keeps it listening.
 */
export function forwardingSettings(kernel: Kernel): KernelObject[] {
  const uplink = kernel.uplink()?.name;
  const acceptRa = `net/ipv6/conf/${uplink}/accept_ra`;
  return [
    ...(uplink && ["1", "2"].includes(read(acceptRa) ?? "")
      ? [hostSetting(acceptRa, "2", "the host keeps its own IPv6 route")]
      : []),
    hostSetting("net/ipv4/ip_forward", "1", "containers reach the outside"),
    hostSetting("net/ipv6/conf/all/forwarding", "1", "containers reach the outside"),
  ];
}

/** Whether the host has IPv6 on lo (ip-sysctl.rst, disable_ipv6), which is switched off on many. */
export const hasLoopback6 = (): boolean => read("net/ipv6/conf/lo/disable_ipv6") === "0";

interface Original {
  readonly id: "host-settings";
  readonly values: Readonly<Record<string, string>>;
}

/** Notes what the settings were before our first start, for the day we leave. */
export function rememberSettings(store: Store, settings: readonly KernelObject[]): void {
  const known = store.get<Original>("meta", "host-settings")?.values ?? {};
  const found = settings.flatMap((setting): [string, string][] => {
    const value = setting.kind === "sysctl" ? read(setting.key) : undefined;
    return setting.kind === "sysctl" && value !== undefined ? [[setting.key, value]] : [];
  });
  const value: Original = { id: "host-settings", values: { ...Object.fromEntries(found), ...known } };
  store.commit([{ put: "meta", id: value.id, value }]);
}

/** The settings as they were before our first start. */
export function originalSettings(store: Store): KernelObject[] {
  const values = store.get<Original>("meta", "host-settings")?.values ?? {};
  return Object.entries(values).map(([key, value]) => hostSetting(key, value, "as it was before Fairlead"));
}

function read(key: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${key}`, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
