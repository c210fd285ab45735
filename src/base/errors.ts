/**
 * Every failure a caller may act on: code, HTTP status of the Docker Engine API, and text. Callers test `code`, never
 * text. A presubmit test keeps docs/reference/errors.md equal to this table.
 */
export const catalogue = {
  /** A refusal whose whole text is Docker's. */
  REFUSED: { status: 400, text: (d: { why: string }) => d.why },
  INVALID: { status: 400, text: (d: { what: string; why: string }) => `Invalid ${d.what}: ${d.why}` },
  NETWORK_NOT_FOUND: { status: 404, text: (d: { network: string }) => `network ${d.network} not found` },
  NETWORK_REMOVED: {
    status: 404,
    text: (d: { network: string; container: string }) =>
      `network ${d.network} not found: it was removed while container ${d.container} was stopped; take the container off it with "network disconnect --force ${d.network} ${d.container}"`,
  },
  NETWORK_AMBIGUOUS: {
    status: 400,
    text: (d: { network: string; count: number }) =>
      `network ${d.network} is ambiguous: ${d.count} networks match; use the full name or id`,
  },
  NETWORK_EXISTS: { status: 409, text: (d: { network: string }) => `network with name ${d.network} already exists` },
  NETWORK_BUILT_IN: {
    status: 403,
    text: (d: { network: string; verb: string }) =>
      `${d.network} is a pre-defined network and cannot be ${d.verb === "create" ? "created again" : `${d.verb}d`}`,
  },
  NETWORK_IN_USE: {
    status: 403,
    text: (d: { network: string; endpoints: string[] }) =>
      `error while removing network: network ${d.network} has active endpoints (${d.endpoints.join(", ")}); disconnect them first`,
  },
  CONFIG_NOT_FOUND: {
    status: 404,
    text: (d: { network: string }) => `configuration network "${d.network}" does not exist`,
  },
  CONFIG_IN_USE: {
    status: 403,
    text: (d: { network: string; users: string[] }) =>
      `error while removing network: configuration network "${d.network}" is in use by ${d.users.join(", ")}`,
  },
  NETWORK_REFUSED: {
    status: 403,
    text: (d: { network: string; why: string }) => `Cannot use network ${d.network}: ${d.why}`,
  },
  DRIVER_NOT_FOUND: {
    status: 404,
    text: (d: { driver: string; known: string[] }) =>
      `network driver "${d.driver}" not found: known are ${d.known.join(", ")}`,
  },
  PLUGIN_NOT_FOUND: {
    status: 404,
    text: (d: { plugin: string; directories: string[] }) =>
      `plugin "${d.plugin}" not found: it has no socket and no specification in ${d.directories.join(", ")}`,
  },
  PLUGIN_AWAY: {
    status: 503,
    text: (d: { plugin: string; verb: string; why: string }) =>
      `plugin "${d.plugin}" does not answer ${d.verb}: ${d.why}; try again when it runs`,
  },
  PLUGIN_FAILED: {
    status: 500,
    text: (d: { plugin: string; verb: string; words: string }) =>
      `remote: ${d.words} (${d.verb} of plugin "${d.plugin}")`,
  },
  PLUGIN_ANSWER: {
    status: 500,
    text: (d: { plugin: string; verb: string; why: string }) =>
      `Cannot use the answer of plugin "${d.plugin}" to ${d.verb}: ${d.why}`,
  },
  SUBNET_OVERLAPS: {
    status: 403,
    text: (d: { subnet: string; other: string }) =>
      `invalid pool request: Pool overlaps with other one on this address space: ${d.subnet} overlaps ${d.other}`,
  },
  POOLS_EXHAUSTED: {
    status: 409,
    text: (d: { family: string; inTheWay: string }) =>
      `all predefined address pools have been fully subnetted: no free ${d.family} subnet is left, in the way: ${d.inTheWay}; remove networks, or give --subnet or more --default-address-pool`,
  },
  ADDRESS_TAKEN: {
    status: 403,
    text: (d: { address: string; owner: string }) => `Address already in use: ${d.address} belongs to ${d.owner}`,
  },
  ADDRESSES_EXHAUSTED: {
    status: 409,
    text: (d: { subnet: string; network: string }) =>
      `no available addresses on network ${d.network}: ${d.subnet} is full`,
  },
  ADDRESS_OUTSIDE: {
    status: 400,
    text: (d: { address: string; network: string; subnets: string[] }) =>
      `invalid address ${d.address}: it is in no configured subnet of network ${d.network} (${d.subnets.join(", ") || "none"})`,
  },
  ADDRESS_DUPLICATE: {
    status: 409,
    text: (d: { address: string; network: string; mac: string }) =>
      `Cannot use address ${d.address} on network ${d.network}: ${d.mac} on that LAN has it already; take it from that machine, or use another address (or -o dad=false on the network, to use it all the same)`,
  },
  LEASE_NOT_GOT: {
    status: 503,
    text: (d: { container: string; network: string; family: string; why: string }) =>
      `Cannot get an ${d.family} address for ${d.container} from the DHCP server of network ${d.network}: ${d.why}`,
  },
  ENDPOINT_EXISTS: {
    status: 403,
    text: (d: { container: string; network: string }) =>
      `endpoint with name ${d.container} already exists in network ${d.network}`,
  },
  NOT_CONNECTED: {
    status: 404,
    text: (d: { container: string; network: string }) =>
      `container ${d.container} is not connected to network ${d.network}`,
  },
  PORT_TAKEN: {
    status: 409,
    text: (d: { address: string; port: number; protocol: string; owner: string }) =>
      `Cannot publish port ${d.address}:${d.port}/${d.protocol}: port is already allocated to ${d.owner}`,
  },
  CONTAINER_NOT_FOUND: { status: 404, text: (d: { container: string }) => `No such container: ${d.container}` },
  CONTAINER_AMBIGUOUS: {
    status: 400,
    text: (d: { container: string }) => `container ${d.container} is ambiguous: use the full name or id`,
  },
  CONTAINER_EXISTS: {
    status: 409,
    text: (d: { name: string; id: string }) =>
      `Conflict. The container name "/${d.name}" is already in use by container "${d.id}". You have to remove (or rename) that container to be able to reuse that name.`,
  },
  CONTAINER_NOT_RUNNING: { status: 409, text: (d: { container: string }) => `container ${d.container} is not running` },
  /** A conflict whose whole text is Docker's. */
  CONTAINER_CONFLICT: { status: 409, text: (d: { why: string }) => d.why },
  CONTAINER_PAUSED: {
    status: 409,
    text: (d: { container: string }) => `Container ${d.container} is paused, unpause the container before exec`,
  },
  CONTAINER_RESTARTING: {
    status: 409,
    text: (d: { container: string }) => `Container ${d.container} is restarting, wait until the container is running`,
  },
  CONTAINER_UP: {
    status: 409,
    text: (d: { container: string; state: string }) =>
      `cannot remove container "/${d.container}": container is ${d.state}${d.state === "paused" ? " and must be unpaused first" : ": stop the container before removing or force remove"}`,
  },
  CONTAINER_REFUSED: {
    status: 409,
    text: (d: { container: string; why: string }) => `Cannot use container ${d.container}: ${d.why}`,
  },
  LOGS_NOT_KEPT: {
    status: 501,
    text: (d: { container: string }) => `Cannot read the logs of ${d.container}: its log driver keeps none`,
  },
  NOT_MODIFIED: {
    status: 304,
    text: (d: { container: string; state: string }) => `container ${d.container} is already ${d.state}`,
  },
  EXEC_NOT_FOUND: { status: 404, text: (d: { exec: string }) => `No such exec instance: ${d.exec}` },
  EXEC_FAILED: {
    status: 400,
    text: (d: { why: string; exitCode: number }) => `Cannot run the command: ${d.why}`,
  },
  // The status is Docker's, whose clients take it for a failure of the start.
  NAMESPACE_NOT_JOINED: {
    status: 500,
    text: (d: { namespace: string; container: string }) =>
      `failed to join ${d.namespace} namespace: container ${d.container} is not running`,
  },
  USER_NOT_FOUND: {
    status: 400,
    text: (d: { kind: "user" | "group"; name: string }) =>
      `unable to find ${d.kind} ${d.name}: no matching entries in ${d.kind === "user" ? "passwd" : "group"} file`,
  },
  IMAGE_NOT_FOUND: {
    status: 404,
    text: (d: { image: string }) => `No such image: ${d.image}; pull, load or import it first`,
  },
  // The status for which docker's CLI goes and pulls the image that was asked for.
  IMAGE_OTHER_PLATFORM: {
    status: 404,
    text: (d: { image: string; wanted: string; actual: string }) =>
      `image with reference ${d.image} was found but its platform (${d.actual}) does not match the specified platform (${d.wanted})`,
  },
  REGISTRY_NOT_FOUND: { status: 404, text: (d: { why: string }) => d.why },
  // Not 401: docker's CLI would ask for a name and a password where there may be no terminal.
  REGISTRY_UNAUTHORIZED: {
    status: 500,
    text: (d: { registry: string; why: string }) => `unauthorized: ${d.why} (registry ${d.registry})`,
  },
  REGISTRY_AWAY: {
    status: 502,
    text: (d: { registry: string; why: string }) => `Cannot reach registry ${d.registry}: ${d.why}`,
  },
  REGISTRY_FAILED: {
    status: 500,
    text: (d: { registry: string; why: string }) => `registry ${d.registry} refuses: ${d.why}`,
  },
  IMAGE_CONFLICT: {
    status: 409,
    text: (d: { image: string; why: string }) => `conflict: unable to delete ${d.image} ${d.why}`,
  },
  IMAGE_NAME_IN_USE: {
    status: 409,
    text: (d: { image: string; why: string }) =>
      `conflict: unable to remove repository reference "${d.image}" ${d.why}`,
  },
  VOLUME_NOT_FOUND: { status: 404, text: (d: { volume: string }) => `get ${d.volume}: no such volume` },
  VOLUME_IN_USE: {
    status: 409,
    text: (d: { volume: string; containers: string[] }) =>
      `remove ${d.volume}: volume is in use - [${d.containers.join(", ")}]`,
  },
  VOLUME_EXISTS: {
    status: 409,
    text: (d: { volume: string; options: string }) =>
      `create ${d.volume}: a volume of that name exists with other options (${d.options}); remove it first, or choose another name`,
  },
  VOLUME_REFUSED: { status: 400, text: (d: { why: string }) => d.why },
  VOLUME_DRIVER_NOT_FOUND: {
    status: 404,
    text: (d: { driver: string }) =>
      `error looking up volume plugin ${d.driver}: plugin "${d.driver}" not found: volumes are made by the driver local alone, which mounts network file systems by its options type, device and o`,
  },
  MOUNT_REFUSED: { status: 400, text: (d: { why: string }) => d.why },
  FILE_NOT_FOUND: {
    status: 404,
    text: (d: { path: string; container: string }) => `Could not find the file ${d.path} in container ${d.container}`,
  },
  FILE_REFUSED: { status: 400, text: (d: { why: string }) => d.why },
  START_FAILED: {
    status: 400,
    text: (d: { container: string; why: string }) => `Cannot start container ${d.container}: ${d.why}`,
  },
  UPDATE_FAILED: {
    status: 409,
    text: (d: { container: string; why: string }) => `Cannot update container ${d.container}: ${d.why}`,
  },
  HOST_TAKEN: {
    status: 500,
    text: (_d: object) =>
      "Cannot manage the networks of this host: another Fairlead daemon does; stop it first, or start this one in a network namespace of its own",
  },
  STORE_LOCKED: {
    status: 500,
    text: (d: { path: string; owner: string }) =>
      `Cannot open store ${d.path}: ${d.owner} has it open; stop it first, or give this daemon another --data-root`,
  },
  STORE_UNUSABLE: {
    status: 500,
    text: (d: { path: string; why: string; remedy: string }) => `Cannot use store ${d.path}: ${d.why}; ${d.remedy}`,
  },
  STORE_AWAY: {
    status: 503,
    text: (d: { what: string; store: string; why: string }) =>
      `Cannot ${d.what}: the cluster's store at ${d.store} does not answer (${d.why}); containers run on, try again when it is back`,
  },
  STORE_REFUSED: {
    status: 500,
    text: (d: { what: string; store: string; why: string }) =>
      `Cannot ${d.what}: the cluster's store at ${d.store} refuses: ${d.why}`,
  },
  CLUSTER_HOST_NOT_FOUND: {
    status: 404,
    text: (d: { host: string; known: string[] }) =>
      `host ${d.host} not found in the cluster: known are ${d.known.join(", ") || "none"}`,
  },
  CLUSTER_HOST_REFUSED: {
    status: 409,
    text: (d: { host: string; what: string; why: string }) => `Cannot ${d.what} host ${d.host}: ${d.why}`,
  },
  NOT_SUPPORTED: {
    status: 501,
    text: (d: { what: string; instead: string }) => `${d.what} is not supported: ${d.instead}`,
  },
} as const;

export type ErrorCode = keyof typeof catalogue;
export type ErrorData<C extends ErrorCode> = Parameters<(typeof catalogue)[C]["text"]>[0];

/** A failure of the catalogue: what could not be done, to what, why. */
export class EngineError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "EngineError";
  readonly code: C;
  readonly data: ErrorData<C>;
  constructor(code: C, data: ErrorData<C>, options?: ErrorOptions) {
    super((catalogue[code].text as (d: ErrorData<C>) => string)(data), options);
    this.code = code;
    this.data = data;
  }
}

/** HTTP status of an error for the API: that of the catalogue, 500 for anything else. */
export const statusOf = (error: unknown): number =>
  error instanceof EngineError ? catalogue[error.code as ErrorCode].status : 500;

/** A refused value: `field` as the caller wrote it, `why` with the rule it breaks. */
export const invalid = (what: string, why: string): EngineError<"INVALID"> => new EngineError("INVALID", { what, why });
