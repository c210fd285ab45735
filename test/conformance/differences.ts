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
    fairlead: "refuses a network name outside `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, or longer than 200 bytes, with 400",
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
