import { invalid } from "../base/errors.ts";
import { parseClusterAddress } from "../cluster/address.ts";

/** How this daemon takes part in a cluster. */
export interface ClusterSettings {
  /** etcd://HOST:PORT,... or consul://HOST:PORT; "" : this host is alone. */
  readonly url: string;
  /** Address or interface of this host that tunnels end at; "" : that of the default route. */
  readonly advertise: string;
  /** PEM files; "" : none. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** File with the password or token, which the URL would show to every user of the machine; "" : none. */
  readonly passwordFile: string;
  /** UDP port of VXLAN; of encrypted networks, inside their tunnel, the next one. */
  readonly port: number;
  /** UDP port of WireGuard on the underlay, for encrypted networks. */
  readonly tunnelPort: number;
  /** VNIs that networks get which do not ask for one. */
  readonly vnis: { readonly first: number; readonly last: number };
  /** Seconds without a sign of life after which the others show this host as unknown. */
  readonly leaseSeconds: number;
  /** Seconds without one after which the others may take its addresses. */
  readonly graceSeconds: number;
}

/** A host that is alone, with the usual numbers. */
export const alone: ClusterSettings = {
  ...{ url: "", advertise: "", ca: "", certificate: "", key: "", passwordFile: "", port: 4789 },
  tunnelPort: 51_820,
  ...{ vnis: { first: 4096, last: 2 ** 24 - 1 }, leaseSeconds: 10, graceSeconds: 24 * 3600 },
};

/** A URL as it may be shown and logged. A password may have an "@" of its own. */
export const withoutCredentials = (url: string): string => url.replace(/\/\/.*@/s, "//***@");

/** Reads the flags --cluster..., --advertise, --vxlan-port and --vni-range; throws INVALID naming the one that is wrong. */
export function clusterSettings(text: (name: string) => string): ClusterSettings {
  const settings: ClusterSettings = {
    url: text("cluster"),
    advertise: text("advertise"),
    ca: text("cluster-ca"),
    certificate: text("cluster-cert"),
    key: text("cluster-key"),
    passwordFile: text("cluster-password-file"),
    port: wholeNumber("vxlan-port", text("vxlan-port"), 1, 65_535),
    tunnelPort: wholeNumber("tunnel-port", text("tunnel-port"), 1, 65_535),
    vnis: vniRange(text("vni-range")),
    leaseSeconds: seconds("cluster-lease", text("cluster-lease")),
    graceSeconds: seconds("cluster-grace", text("cluster-grace")),
  };
  if (settings.url !== "" && !/^(etcd|consul)s?:\/\/./.test(settings.url)) {
    const why = `"${withoutCredentials(settings.url)}" is neither etcd://HOST:PORT[,HOST:PORT] nor consul://HOST:PORT`;
    throw invalid("--cluster", why);
  }
  if (settings.url !== "") parseClusterAddress(settings.url); // refuses what no store can be at
  if ((settings.certificate === "") !== (settings.key === ""))
    throw invalid("--cluster-cert", "a certificate and its key go together; give --cluster-cert and --cluster-key");
  if (settings.graceSeconds < 3 * settings.leaseSeconds)
    throw invalid("--cluster-grace", `it must be three times --cluster-lease (${settings.leaseSeconds} s) at least`);
  return settings;
}

function vniRange(text: string): ClusterSettings["vnis"] {
  const [, first = "", last = ""] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  const range = { first: Number(first), last: Number(last) };
  // RFC 7348, section 5: 24 bits; 0 is no VNI of ours.
  if (first !== "" && range.first >= 1 && range.first <= range.last && range.last < 2 ** 24) return range;
  throw invalid("--vni-range", `"${text}" is no range FIRST-LAST of numbers from 1 to ${2 ** 24 - 1}`);
}

const units: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };

function seconds(name: string, text: string): number {
  const [, number = "", unit = ""] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  const value = Number(number) * (units[unit] ?? 0);
  if (number !== "" && value >= 1) return value;
  throw invalid(`--${name}`, `"${text}" is no duration like 10s, 5m, 24h or 2d`);
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(`--${name}`, `"${text}" is no number from ${least} to ${most}`);
}
