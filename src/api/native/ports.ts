import { type Static, Type } from "@sinclair/typebox";
import { containerOf } from "../docker/containers/routes.ts";
import { type Route, reply, route } from "../route.ts";
import { apiError } from "./schemas.ts";

const protocol = Type.Union([Type.Literal("tcp"), Type.Literal("udp"), Type.Literal("sctp")]);
const containerPort = Type.Integer({ minimum: 1, maximum: 65_535 });
const hostPort = Type.Integer({ minimum: 0, maximum: 65_535 });

const publishBody = Type.Object({
  ports: Type.Array(
    Type.Object({
      protocol: Type.Optional(protocol),
      containerPort,
      hostIp: Type.Optional(Type.String({ description: "Empty: every address of the host." })),
      hostPort: Type.Optional(hostPort),
      hostPortEnd: Type.Optional(
        Type.Integer({ ...hostPort, description: "Last port of a range; the first free one is taken." }),
      ),
    }),
    { minItems: 1, maxItems: 65_535 },
  ),
});

const withdrawBody = Type.Object({
  ports: Type.Array(
    Type.Object({ protocol: Type.Optional(protocol), containerPort, hostPort: Type.Optional(hostPort) }),
    { minItems: 1, maxItems: 65_535 },
  ),
});

const mapping = Type.Object({ protocol, hostIp: Type.String(), hostPort, containerPort });
const mappings = Type.Object({ ports: Type.Array(mapping) });

/** Published ports of a container that may be running, which Docker cannot change. All or nothing. */
export const portRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/fairlead/containers/:id/ports",
    summary: "Publish ports of a container, running or not",
    action: "port_publish",
    body: publishBody,
    replies: { 200: mappings, 400: apiError, 404: apiError, 500: apiError },
    async handle(call) {
      const ports = await call.engine.containers.publish(containerOf(call), call.body.ports.map(portRequest));
      return reply(200, { ports });
    },
  }),
  route({
    method: "DELETE",
    path: "/fairlead/containers/:id/ports",
    summary: "Withdraw published ports of a container",
    action: "port_withdraw",
    body: withdrawBody,
    replies: { 200: mappings, 400: apiError, 404: apiError },
    async handle(call) {
      const wanted = call.body.ports.map((port) => ({ ...port, protocol: port.protocol ?? "tcp" }));
      return reply(200, { ports: await call.engine.containers.withdraw(containerOf(call), wanted) });
    },
  }),
];

function portRequest(port: Static<typeof publishBody>["ports"][number]) {
  const first = port.hostPort ?? 0;
  return {
    protocol: port.protocol ?? "tcp",
    containerPort: port.containerPort,
    hostIp: port.hostIp ?? "",
    hostPort: first,
    hostPortEnd: Math.max(first, port.hostPortEnd ?? first),
  };
}
