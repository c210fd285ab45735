/** Keys of docs/decisions/0003, below the cluster's prefix. */
export const keys = {
  /** Id of the cluster: whoever comes first makes it up. */
  cluster: "cluster",
  hosts: "hosts/",
  host: (id: string) => `hosts/${id}`,
  /** Hosts that were taken out, as long as something of theirs may be left. */
  removed: "removed/",
  removedHost: (id: string) => `removed/${id}`,
  live: "live/",
  liveOf: (id: string) => `live/${id}`,
  seen: "seen/",
  seenBy: (id: string) => `seen/${id}`,
  networks: "networks/",
  network: (id: string) => `networks/${id}`,
  name: (name: string) => `names/${name}`,
  vni: (vni: number) => `vnis/${vni}`,
  guard: "guard",
  slotsOf: (networkId: string, family: 4 | 6) => `slots/${networkId}/${family}/`,
  slotsOfNetwork: (networkId: string) => `slots/${networkId}/`,
  slot: (networkId: string, family: 4 | 6, index: bigint) =>
    `slots/${networkId}/${family}/${index.toString(16).padStart(8, "0")}`,
  endpointsOf: (networkId: string) => `endpoints/${networkId}/`,
  endpoint: (networkId: string, address: string) => `endpoints/${networkId}/${address}`,
  wishes: "wishes/",
  wish: (networkId: string, family: 4 | 6, hostId: string) => `wishes/${networkId}/${family}/${hostId}`,
} as const;

/** The last part of a key. */
export const leaf = (key: string): string => key.slice(key.lastIndexOf("/") + 1);
