/** How a setting is written on the command line and in the file. */
export type SettingKind = "text" | "flag" | "number" | "list" | "pools" | "network-options" | "options";

export interface Setting {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** In the configuration file, where it is not `name`. */
  readonly key?: string;
  readonly kind: SettingKind;
  readonly byDefault?: string | boolean | number;
  readonly about: string;
  /** Set: accepted so that a dockerd command line works, and warned about with this reason. */
  readonly ignored?: string;
}

const noProxy = "published ports are rewritten by the kernel, there is no proxy process";
const noContainerd = "containers are run by runc and watched by conmon";
const alwaysNft = "the firewall is always a table of its own in nftables";
const noRegistry = "three layers of an image are transferred at a time, each tried five times";
const noSwarm = "there is no swarm here";

/** dockerd's flags by their names (docker/daemon reference, 28.x) and what they are in daemon.json. */
export const settings: readonly Setting[] = [
  {
    name: "host",
    short: "H",
    key: "hosts",
    kind: "list",
    about: "socket to listen on: unix://, tcp://, fd:// (repeat)",
  },
  { name: "group", short: "G", kind: "text", byDefault: "fairlead", about: "group of the unix socket" },
  { name: "data-root", kind: "text", byDefault: "/var/lib/fairlead", about: "directory of persistent state" },
  {
    name: "exec-root",
    kind: "text",
    byDefault: "/run/fairlead",
    about: "directory of state that ends with the machine",
  },
  {
    name: "pidfile",
    short: "p",
    kind: "text",
    byDefault: "/run/fairlead/fairlead.pid",
    about: "file for the daemon's pid",
  },
  { name: "debug", short: "D", kind: "flag", byDefault: false, about: "log at level debug" },
  { name: "log-level", short: "l", kind: "text", byDefault: "info", about: "debug, info, warn, error or fatal" },
  { name: "label", key: "labels", kind: "list", about: "key=value label of the daemon (repeat)" },
  {
    name: "default-address-pool",
    key: "default-address-pools",
    kind: "pools",
    about: "base=CIDR,size=BITS for new networks (repeat)",
  },
  {
    name: "default-network-opt",
    key: "default-network-opts",
    kind: "network-options",
    about: "driver=option=value for new networks (repeat)",
  },
  {
    name: "bridge",
    short: "b",
    kind: "text",
    byDefault: "",
    about: 'existing bridge for the network "bridge", or none',
  },
  { name: "bip", kind: "text", about: "IPv4 address and subnet of the default bridge" },
  { name: "bip6", kind: "text", about: "IPv6 address and subnet of the default bridge" },
  { name: "fixed-cidr", kind: "text", about: "IPv4 range for containers on the default bridge" },
  { name: "fixed-cidr-v6", kind: "text", about: "IPv6 range for containers on the default bridge" },
  { name: "default-gateway", kind: "text", about: "IPv4 gateway of containers on the default bridge" },
  { name: "default-gateway-v6", kind: "text", about: "IPv6 gateway of containers on the default bridge" },
  { name: "mtu", kind: "number", byDefault: 0, about: "MTU of the default bridge; 0: that of the uplink" },
  { name: "icc", kind: "flag", byDefault: true, about: "containers on the default bridge reach each other" },
  { name: "ip", kind: "text", byDefault: "", about: "host address for published ports that name none" },
  { name: "ipv6", kind: "flag", byDefault: false, about: "IPv6 on the default bridge" },
  { name: "ip-forward", kind: "flag", byDefault: true, about: "turn on IP forwarding" },
  {
    name: "allow-direct-routing",
    kind: "flag",
    byDefault: false,
    about: "published ports, those on 127.0.0.1 too, are reached at containers' own addresses",
  },
  { name: "ip-masq", kind: "flag", byDefault: true, about: "masquerade the default bridge's subnets" },
  { name: "host-gateway-ip", key: "host-gateway-ips", kind: "list", about: "addresses that host-gateway stands for" },
  { name: "dns", kind: "list", about: "name server for containers (repeat)" },
  { name: "dns-search", kind: "list", about: "search domain for containers (repeat)" },
  { name: "dns-opt", key: "dns-opts", kind: "list", about: "resolver option for containers (repeat)" },
  {
    name: "insecure-registry",
    key: "insecure-registries",
    kind: "list",
    about: "HOST[:PORT] or CIDR of registries without TLS (repeat); those on loopback need none",
  },
  {
    name: "registry-mirror",
    key: "registry-mirrors",
    kind: "list",
    about: "URL that is asked before Docker Hub (repeat)",
  },
  {
    name: "cluster",
    kind: "text",
    byDefault: "",
    about: "store that hosts share: etcd://[USER:PASSWORD@]HOST:PORT[,HOST:PORT] or consul://HOST:PORT",
  },
  {
    name: "advertise",
    kind: "text",
    byDefault: "",
    about: "address or interface that other hosts reach this one's overlays at; the default route's if not given",
  },
  {
    name: "cluster-ca",
    kind: "text",
    byDefault: "",
    about: "PEM file of the authority that signed the store's certificate",
  },
  { name: "cluster-cert", kind: "text", byDefault: "", about: "PEM file of this host's certificate for the store" },
  { name: "cluster-key", kind: "text", byDefault: "", about: "PEM file of its key" },
  {
    name: "cluster-password-file",
    kind: "text",
    byDefault: "",
    about: "file with the store's password or token, to keep it out of the URL",
  },
  { name: "vxlan-port", kind: "number", byDefault: 4789, about: "UDP port of the overlays, the same on all hosts" },
  {
    name: "tunnel-port",
    kind: "number",
    byDefault: 51_820,
    about: "UDP port of this host's WireGuard, which encrypted overlays go through",
  },
  { name: "vni-range", kind: "text", byDefault: "4096-16777215", about: "VXLAN network identifiers for new overlays" },
  {
    name: "cluster-lease",
    kind: "text",
    byDefault: "10s",
    about: "how long after its last sign of life a host is shown as unknown and leaves the DNS answers",
  },
  {
    name: "cluster-grace",
    kind: "text",
    byDefault: "24h",
    about: "how long after its last sign of life a host's addresses may be given to others, the same on all hosts",
  },
  {
    name: "plugin-directory",
    key: "plugin-directories",
    kind: "list",
    about:
      "where sockets and specifications of network and IPAM plugins are (repeat; default: Docker's, /run/docker/plugins, /etc/docker/plugins and /usr/lib/docker/plugins)",
  },
  {
    name: "log-driver",
    kind: "text",
    byDefault: "json-file",
    about: "log driver of containers that name none: json-file, local or none",
  },
  { name: "log-opt", key: "log-opts", kind: "options", about: "its option=value, such as max-size=10m (repeat)" },
  {
    name: "default-ipc-mode",
    kind: "text",
    byDefault: "private",
    about: "IPC namespace of containers that name none: private, or shareable, which others may join",
  },
  {
    name: "default-cgroupns-mode",
    kind: "text",
    byDefault: "private",
    about: "cgroup namespace of containers that name none: private or host",
  },
  { name: "plugin-timeout", kind: "number", byDefault: 30, about: "seconds that a plugin's answer may take" },
  ...ignored("flag", noProxy, ["userland-proxy"]),
  ...ignored("text", noProxy, ["userland-proxy-path"]),
  ...ignored("text", noContainerd, [
    "containerd",
    "containerd-namespace",
    "containerd-plugins-namespace",
    "init-path",
    "cgroup-parent",
    "default-runtime",
    "shutdown-timeout",
  ]),
  ...ignored("list", noContainerd, ["add-runtime", "default-ulimit", "exec-opt"]),
  ...ignored("flag", noContainerd, ["init", "cri-containerd"]),
  ...ignored("flag", alwaysNft, ["iptables", "ip6tables", "ip-forward-no-drop"]),
  ...ignored("text", alwaysNft, ["firewall-backend"]),
  ...ignored("text", "images are unpacked once and shared through overlayfs", ["storage-driver"]),
  ...ignored("list", "images are unpacked once and shared through overlayfs", ["storage-opt"]),
  ...ignored("flag", "containers always outlive the daemon", ["live-restore"]),
  ...ignored("flag", "nothing here is marked as experimental", ["experimental"]),
  ...ignored("text", "daemon logs are JSON on stderr", ["log-format"]),
  ...ignored("list", "there is no BuildKit and no containerd here to choose", ["feature"]),
  ...ignored("list", noRegistry, ["allow-nondistributable-artifacts"]),
  ...ignored("number", noRegistry, ["max-concurrent-downloads", "max-concurrent-uploads", "max-download-attempts"]),
  ...ignored("text", noSwarm, ["swarm-default-advertise-addr"]),
  ...ignored("list", noSwarm, ["node-generic-resource"]),
  ...ignored("number", noSwarm, ["network-control-plane-mtu", "network-diagnostic-port"]),
  ...ignored("text", "metrics are at /metrics of every listener", ["metrics-addr"]),
  ...ignored("flag", "the API has no CORS and no raw logs", ["raw-logs"]),
];

function ignored(kind: SettingKind, reason: string, names: readonly string[]): Setting[] {
  return names.map((name) => ({ name, kind, about: `accepted, no effect: ${reason}`, ignored: reason }));
}

/** Flags of dockerd that would be unsafe to ignore: they ask for protection that is not given. */
export const refusedSettings: Readonly<Record<string, string>> = {
  tls: "put a TLS proxy before a loopback listener",
  tlsverify: "put a TLS proxy before a loopback listener",
  "userns-remap": "user namespaces are not offered yet",
  "authorization-plugin": "limit who may open the socket instead",
  rootless: "the daemon needs root",
  "cluster-store": "use --cluster with etcd://HOST:PORT or consul://HOST:PORT",
  "cluster-advertise": "use --advertise with an address or interface of this host",
  "cluster-store-opt": "use --cluster-ca, --cluster-cert and --cluster-key",
  "cluster-store-opts": "use --cluster-ca, --cluster-cert and --cluster-key",
  "no-new-privileges": "no security profiles are applied",
};

export const fileKey = (setting: Setting): string => setting.key ?? setting.name;
