import { Type } from "@sinclair/typebox";
import { type Route, reply, route } from "../../route.ts";
import { field } from "../../schema.ts";
import { parseLimits } from "./limits.ts";
import { limitFields } from "./limits-body.ts";
import { parseRestartPolicy, restartPolicyBody } from "./restart-policy.ts";
import { containerOf } from "./routes.ts";

/** Docker Engine API: ContainerUpdate. */
export const updateRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/containers/:id/update",
    summary: "Change limits and the restart policy of a container",
    action: "container_update",
    body: Type.Object({ ...limitFields, RestartPolicy: field(restartPolicyBody) }),
    async handle(call) {
      const { body, engine } = call;
      // Docker passes over it before API 1.40 (moby, postContainerUpdate).
      const limits = parseLimits(call.version < 40 ? { ...body, PidsLimit: null } : body);
      // A policy without a name is one that the client did not give.
      const restartPolicy = body.RestartPolicy?.Name ? parseRestartPolicy(body.RestartPolicy, false) : undefined;
      const { warnings } = await engine.containers.update(containerOf(call), {
        limits,
        ...(restartPolicy ? { restartPolicy } : {}),
      });
      return reply(200, { Warnings: warnings.length > 0 ? warnings : null });
    },
  }),
];
