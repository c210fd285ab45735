/** How an engine's behaviour may part from that of Debian's dockerd 20.10, which the suite runs beside it. */
export interface Difference {
  /** "chosen": we do it otherwise than Docker, and mean it. "older": Docker does it so by now, 20.10 did not. */
  readonly kind: "chosen" | "older";
  readonly docker: string;
  readonly fairlead: string;
  readonly why: string;
}

/** Every difference that a case shows. docs/spec/docker-differences.md is printed from it. */
export const differences = {
  refusals: {
    kind: "chosen",
    docker: "answers 500 to some refusals, often with the words of Go's library",
    fairlead: "answers 4xx with what is wrong with which value",
    why: "500 says that the daemon is at fault, and clients try again; Docker's own tables list these as divergences",
  },
  "names-checked": {
    kind: "chosen",
    docker: "takes any network name",
    fairlead: "refuses a network name outside `[a-zA-Z0-9_-][a-zA-Z0-9_.-]*`, or longer than 200 bytes, with 400",
    why: "names become part of DNS names, paths and log lines",
  },
  "mtu-checked": {
    kind: "chosen",
    docker: "20.10 takes any MTU and fails at the first container; 28 answers 500",
    fairlead: "refuses an MTU outside of 68 to 65535 with 400",
    why: "a refusal is the client's affair",
  },
  "config-labels": {
    kind: "chosen",
    docker: "refuses labels for a network made from a configuration",
    fairlead: "puts the network's labels above those of the configuration",
    why: "Compose labels every network it makes",
  },
  trailing: {
    kind: "older",
    docker: "20.10 reads the first JSON value of a body and no further",
    fairlead: "refuses what is behind it",
    why: "Docker refuses it since 23",
  },
  "bridge-adopted": {
    kind: "chosen",
    docker: "takes an existing bridge over when a network is given its name, and answers 500 to other interfaces",
    fairlead: "refuses the name of any interface that is there, with 403",
    why: "a bridge that somebody else made would be emptied and removed with the network",
  },
  "content-type-words": {
    kind: "older",
    docker: "20.10 says it in other words",
    fairlead: "unsupported Content-Type header (TYPE): must be 'application/json'",
    why: "the words of Docker 28",
  },
  "addresses-checked": {
    kind: "chosen",
    docker: "fails late, or not at all, for a gateway that cannot be used",
    fairlead: "refuses the network's and the broadcast address, and an address twice",
    why: "no container could use it",
  },
  "blocks-checked": {
    kind: "chosen",
    docker: "takes any block for a subnet",
    fairlead: "refuses multicast, loopback and other blocks no container can use",
    why: "no packet would arrive",
  },
  "failed-connect": {
    kind: "chosen",
    docker: "shows a network in a container's inspect after a connect to it has failed",
    fairlead: "nothing is left of a connect that failed",
    why: "Docker's own tables list it as a divergence",
  },
  "mode-conflicts": {
    kind: "chosen",
    docker: "20.10 answers 400 to connecting what cannot be connected (host, none, container:NAME); 28 answers 403",
    fairlead: "answers 403",
    why: "the request is sound, the container's mode forbids it",
  },
  "stopped-connect": {
    kind: "chosen",
    docker: "takes everything for a container that does not run, and refuses at its start",
    fairlead: "checks network, address and configuration at once, and refuses a second connect",
    why: "the error comes where it is made; Docker's own tables list it as a divergence",
  },
  "endpoint-words": {
    kind: "older",
    docker: "20.10 checks the settings of an endpoint late, one by one, in part with 500",
    fairlead: "checks them first, and says everything that is wrong with them, with 400",
    why: "Docker's behaviour since 25",
  },
  "macs-checked": {
    kind: "older",
    docker: "20.10 finds a wrong MAC address when the container starts",
    fairlead: "refuses it at create with 400",
    why: "Docker's behaviour since 25",
  },
  "internal-gateway": {
    kind: "older",
    docker: "20.10 gives containers on internal networks a default route",
    fairlead: "does not",
    why: "Docker's behaviour since 27",
  },
  "default-bridge": {
    kind: "chosen",
    docker: "shows the name and MTU of the default bridge among its options",
    fairlead: "shows neither",
    why: "the bridge is called fairlead0, and its MTU follows the uplink",
  },
  "no-pools": {
    kind: "older",
    docker: "20.10 shows an empty list of pools for networks without addresses",
    fairlead: "shows null",
    why: "Docker 28 does",
  },
  "both-types": {
    kind: "chosen",
    docker: "picks one of several values of the type filter by chance",
    fairlead: "values of one filter are alternatives",
    why: "Docker's own tables list it as a divergence",
  },
  "filter-values": {
    kind: "older",
    docker: "20.10 answers 500 to some wrong values of filters",
    fairlead: "answers 400",
    why: "Docker does by now",
  },
  "prune-stopped": {
    kind: "chosen",
    docker: "prunes networks that only stopped containers are on",
    fairlead: "keeps a network that any container is on, running or not",
    why: "the container could never be started again",
  },
  "events-filters": {
    kind: "chosen",
    docker: "takes any filter for events, and finds nothing by an unknown one",
    fairlead: "refuses an unknown filter with 400",
    why: "a misspelt filter would look like silence",
  },
  "events-twice": {
    kind: "older",
    docker: "20.10 tells of a live disconnect twice",
    fairlead: "tells of it once",
    why: "Docker does by now",
  },
  "dangling-running": {
    kind: "older",
    docker: "20.10 takes networks with running containers for dangling",
    fairlead: "does not",
    why: "Docker does not by now",
  },
  "joined-later": {
    kind: "chosen",
    docker: "finds out at the start that the container of `container:NAME` does not exist",
    fairlead: "refuses it at create with 400",
    why: "the error comes where it is made",
  },
  "network-later": {
    kind: "chosen",
    docker: "makes a container for a network that does not exist, and its start fails",
    fairlead: "refuses it at create, with 400: to 404 docker's CLI would pull the image",
    why: "the error comes where it is made",
  },
  "checked-later": {
    kind: "older",
    docker: "20.10 checks addresses, aliases, servers and sysctls when the container starts, or never",
    fairlead: "checks them at create",
    why: "Docker does so since 25, for the most part",
  },
  "ports-checked": {
    kind: "chosen",
    docker: "20.10 takes unknown protocols, host addresses that are none, and exposed ports that are no ports",
    fairlead: "refuses them at create with 400",
    why: "nothing would be published",
  },
  "ports-named": {
    kind: "older",
    docker: "20.10 shows an exposed port without its protocol as it was given",
    fairlead: "shows 80/tcp for 80",
    why: "clients look for the protocol",
  },
  "ports-empty-list": {
    kind: "older",
    docker: "20.10 publishes nothing for an empty list of bindings",
    fairlead: "publishes the port on one that it chooses",
    why: "Docker 28 does",
  },
  "ports-exposed": {
    kind: "chosen",
    docker: "publishes only ports that are exposed, too, as its CLI always makes them",
    fairlead: "publishes every port that is to be published",
    why: "who asks for a port to be published wants it",
  },
  "bridge-dns": {
    kind: "chosen",
    docker: "gives containers on the default bridge the host's servers",
    fairlead: "has its resolver on the default bridge, too",
    why: "names work everywhere; Docker has been asked for it since 2023",
  },
  "internal-dns": {
    kind: "older",
    docker: "20.10 asks the host's servers for containers on internal networks",
    fairlead: "does not",
    why: "data could leave by names (CVE-2024-29018); Docker's behaviour since 26",
  },
  "dns-self": {
    kind: "older",
    docker: "20.10 asks itself when 127.0.0.11 is among a container's servers",
    fairlead: "passes it over",
    why: "Docker does by now",
  },
  "hosts-follow": {
    kind: "chosen",
    docker: "20.10 writes a live connect into hosts, but keeps what a disconnect should take away",
    fairlead: "hosts follows both",
    why: "28 does",
  },
  "sandbox-id": {
    kind: "chosen",
    docker: "gives sandboxes ids of their own",
    fairlead: "calls a sandbox by the id of the container that it was made for",
    why: "one name less; SandboxKey is a path in both",
  },
  "exec-again": {
    kind: "older",
    docker: "20.10 says within the stream that an exec has run already",
    fairlead: "answers 409",
    why: "Docker's behaviour since 23",
  },
  swarm: {
    kind: "chosen",
    docker: "answers 503 to the routes of swarm outside of one, and can start one",
    fairlead: "answers 501 and says that there is none",
    why: "there is no swarm here: overlays need none",
  },
  "ping-swarm": {
    kind: "older",
    docker: "20.10 says nothing of swarm in the answer to a ping",
    fairlead: "says that it is inactive",
    why: "Docker's behaviour since API 1.42",
  },
  "pools-shown": {
    kind: "older",
    docker: "20.10 shows only pools that were configured",
    fairlead: "shows the pools there are",
    why: "it is what a user wants to know",
  },
  "direct-routing": {
    kind: "older",
    docker: "20.10 lets published ports be reached at the container's own address from outside",
    fairlead: "does not",
    why: "Docker's behaviour since 28",
  },
  "ipv6-source": {
    kind: "older",
    docker: "20.10 passes IPv6 through a proxy, which hides the client's address",
    fairlead: "keeps it",
    why: "Docker's behaviour since 27, with ip6tables",
  },
  "pools-leak": {
    kind: "older",
    docker: "20.10 keeps the subnet of a network that it refused",
    fairlead: "releases it",
    why: "repaired in Docker since",
  },
  duplicates: {
    kind: "older",
    docker: "20.10 makes two networks of one name when CheckDuplicate is false",
    fairlead: "names are unique",
    why: "Docker's behaviour since API 1.44",
  },
  "container-names": {
    kind: "older",
    docker: "20.10 takes the names `container` and `container:NAME`",
    fairlead: "refuses them with 403",
    why: "Docker refuses them by now",
  },
  "gateway-shown": {
    kind: "older",
    docker: "20.10 shows no gateway that it chose itself until it has been restarted",
    fairlead: "shows the gateway",
    why: "Docker 28 shows it",
  },
  "ipv6-pools": {
    kind: "older",
    docker: "20.10 has no default pools for IPv6",
    fairlead: "takes a /64 of a ULA /48 of its own",
    why: "Docker's behaviour since 27",
  },
  "enable-ipv4": {
    kind: "older",
    docker: "20.10 does not know the option com.docker.network.enable_ipv4",
    fairlead: "checks it",
    why: "Docker 28 does",
  },
  canonical: {
    kind: "older",
    docker: "shows subnets and addresses of IPv6 as they were sent, up to 28",
    fairlead: "shows them in their canonical form, in lower case and without needless zeros",
    why: "Docker 29 does; scripts that compare texts should write them so",
  },
  "gateway-modes": {
    kind: "older",
    docker: "20.10 knows no gateway modes",
    fairlead: "checks them",
    why: "Docker 27 and 28 have them",
  },
  "ipam-checked": {
    kind: "older",
    docker: "20.10 checks pools late, one by one, and answers 403, 500 or nothing at all",
    fairlead: "checks all of them first and says everything that is wrong with them, with 400",
    why: "Docker's behaviour since 25",
  },
} as const satisfies Readonly<Record<string, Difference>>;

export type DifferenceId = keyof typeof differences;
