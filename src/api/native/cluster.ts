import { Type } from "@sinclair/typebox";
import { type Call, type Reply, type Route, reply, route } from "../route.ts";
import { apiError } from "./schemas.ts";

const clusterStatus = Type.Object({
  state: Type.Union([Type.Literal("connected"), Type.Literal("away"), Type.Literal("fenced")], {
    description:
      "away: the store does not answer now. fenced: for so long that other hosts may have this one's addresses.",
  }),
  connected: Type.Boolean({ description: "Whether the store is heard now, fenced or not." }),
  why: Type.String({ description: "Why the state is not connected." }),
  since: Type.String({ description: "RFC 3339: since when this state holds." }),
  store: Type.Object({
    address: Type.String({ description: 'Without credentials; "embedded" on a host that is alone.' }),
    version: Type.String(),
    members: Type.Array(Type.Object({ name: Type.String(), endpoint: Type.String(), leader: Type.Boolean() })),
    warnings: Type.Array(Type.String()),
    revision: Type.Integer({ description: "0 while it is away." }),
  }),
  seen: Type.Integer({ description: "The last revision that this host has followed." }),
  lag: Type.Optional(Type.Integer({ description: "Revisions it has yet to follow; absent while the store is away." })),
  waiting: Type.Integer({ description: "Changes of this host's endpoints that wait to be written." }),
  outages: Type.Integer({ description: "How often the store has gone away since the daemon started." }),
  host: Type.Object({ id: Type.String(), name: Type.String(), address: Type.String(), epoch: Type.Integer() }),
  hosts: Type.Object({ live: Type.Integer(), unknown: Type.Integer() }),
});

/** How this host stands in its cluster. */
export const clusterRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/fairlead/cluster",
    summary: "Show the state of the cluster's store and of this host in it",
    replies: { 200: clusterStatus, 500: apiError },
    handle: status,
  }),
  route({
    method: "POST",
    path: "/fairlead/cluster/rotate-key",
    summary: "Give this host's tunnel of encrypted networks a new key",
    action: "key_rotate",
    replies: { 200: Type.Object({ publicKey: Type.String() }), 409: apiError, 503: apiError },
    async handle({ engine }) {
      return reply(200, await engine.rotateKey());
    },
  }),
];

async function status({ engine, daemon }: Call): Promise<Reply> {
  const { hostId } = engine.cluster;
  const { epoch, ...rest } = await engine.cluster.status();
  const all = engine.cluster.hosts();
  const self = all.find(({ id }) => id === hostId);
  const live = all.filter(({ state }) => state === "live").length;
  return reply(200, {
    ...rest,
    host: { id: hostId, name: self?.name ?? daemon.hostname, address: self?.vtep ?? "", epoch },
    hosts: { live, unknown: all.length - live },
  });
}
