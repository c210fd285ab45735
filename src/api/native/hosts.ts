import { Type } from "@sinclair/typebox";
import type { SurveyedHost } from "../../contracts/cluster.ts";
import { type Route, reply, route } from "../route.ts";
import { apiError } from "./schemas.ts";

const host = Type.Object({
  id: Type.String(),
  name: Type.String(),
  address: Type.String({ description: "Where its tunnels end; empty on a host that is alone." }),
  mtu: Type.Integer({ description: "Bytes that its underlay carries." }),
  tunnel: Type.Optional(
    Type.Object(
      { address: Type.String(), publicKey: Type.String(), port: Type.Integer() },
      { description: "Of its device for encrypted networks." },
    ),
  ),
  state: Type.Union([Type.Literal("live"), Type.Literal("unknown")], {
    description: "unknown: it gives no sign of life; its containers may well run on.",
  }),
  since: Type.Optional(Type.String({ description: "RFC 3339: since when its daemon is there; of live ones." })),
  version: Type.Optional(Type.String({ description: "Release of its daemon; of live ones." })),
  created: Type.String({ description: "RFC 3339: when it first joined." }),
  epoch: Type.Integer({ description: "Grows when it joins anew." }),
  drained: Type.Boolean({ description: "Takes no new endpoints on the cluster's networks." }),
  self: Type.Boolean({ description: "The host that answers." }),
  seen: Type.Optional(Type.Integer({ description: "Revision of the store it has followed, as of 15 s ago at most." })),
  lag: Type.Optional(Type.Integer({ description: "By how many revisions that is behind the newest." })),
});

const path = "/fairlead/hosts/:reference";

/** Hosts of the cluster. */
export const hostRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/fairlead/hosts",
    summary: "List the hosts of the cluster",
    replies: { 200: Type.Object({ hosts: Type.Array(host) }), 500: apiError },
    async handle({ engine }) {
      const hosts = await engine.cluster.surveyHosts();
      return reply(200, { hosts: hosts.map((one) => hostJson(one, engine.cluster.hostId)) });
    },
  }),
  route({
    method: "GET",
    path,
    summary: "Inspect a host of the cluster",
    replies: { 200: host, 404: apiError, 409: apiError },
    async handle({ engine, params }) {
      const [found] = await engine.cluster.surveyHosts(params["reference"] ?? "");
      return reply(200, found && hostJson(found, engine.cluster.hostId));
    },
  }),
  route({
    method: "DELETE",
    path,
    summary: "Take a host that is gone for good out of the cluster: its addresses are free then",
    action: "host_remove",
    replies: { 200: Type.Object({}), 404: apiError, 409: apiError, 503: apiError },
    async handle({ engine, params }) {
      await engine.cluster.removeHost(params["reference"] ?? "");
      return reply(200, {});
    },
  }),
  route({
    method: "POST",
    path: `${path}/drain`,
    summary: "Say whether a host takes new endpoints on the cluster's networks",
    action: "host_drain",
    body: Type.Object({ drained: Type.Boolean() }),
    replies: { 200: Type.Object({}), 400: apiError, 404: apiError, 409: apiError, 503: apiError },
    async handle({ engine, params, body }) {
      await engine.cluster.drainHost(params["reference"] ?? "", body.drained);
      return reply(200, {});
    },
  }),
];

function hostJson({ id, name, vtep: address, ...rest }: SurveyedHost, self: string) {
  return { id, name, address, ...rest, self: id === self };
}
