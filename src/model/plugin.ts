import type { Endpoint } from "./endpoint.ts";

/** What a plugin answered for an endpoint (NetworkDriver.CreateEndpoint, Join); only while its sandbox is open. */
export interface Plugged {
  /** Name of the link that it made in the host, to be moved into the sandbox; "" for none. */
  readonly link: string;
  /** Of the default route, per family: an address, or "on-link"; absent: none. */
  readonly gateways: { readonly ipv4?: string; readonly ipv6?: string };
  /** CIDR text; without a gateway the destination is on the link. */
  readonly routes: readonly { readonly destination: string; readonly gateway?: string }[];
  /** False: the plugin wants no other way out for the container. */
  readonly gatewayService: boolean;
  /** Fields of the endpoint that it filled in, and that go with it. */
  readonly gave: readonly ("ipv4" | "ipv6" | "mac")[];
  /** Whether the link is given the endpoint's MAC; else it has its own, which is the endpoint's. */
  readonly setsMac: boolean;
  /** Whether it was told to lead the outside to this endpoint. */
  readonly external: boolean;
}

/** An endpoint as it was before its plugin had it. */
export function unplugged(endpoint: Endpoint): Endpoint {
  const { plugged, ...rest } = endpoint;
  if (!plugged) return endpoint;
  const left: { -readonly [K in keyof Endpoint]: Endpoint[K] } = { ...rest };
  for (const field of plugged.gave) delete left[field];
  return left;
}

/** One call that gives something back to a plugin. */
export interface Undo {
  readonly verb: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Something that a plugin was asked for, written down before it was asked: plugins cannot be asked what they have. Without
 * an owner in the store it is owed back.
 */
export interface Claim {
  /** "endpoint/<id>", "network/<id>", "pool/<network>/<n>", "address/<endpoint>/<family>". */
  readonly id: string;
  readonly plugin: string;
  /** Id of the network, or of the endpoint, that has it. */
  readonly owner: string;
  /** For people: "endpoint of web on net1". */
  readonly what: string;
  /** The plugin was told to take it back, and its answer is not known: if it knows nothing of it now, that is why. */
  readonly asked?: boolean;
  /** In this order. Empty: what to give back is not known yet. */
  readonly undo: readonly Undo[];
}
