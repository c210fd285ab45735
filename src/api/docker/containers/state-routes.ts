import { type Route, reply, route } from "../../route.ts";
import { containerOf } from "./routes.ts";

/** Docker Engine API: ContainerPause and ContainerUnpause. */
export const containerStateRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/containers/:id/pause",
    summary: "Freeze the processes of a container",
    action: "container_pause",
    async handle(call) {
      await call.engine.containers.pause(containerOf(call));
      return reply(204);
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/unpause",
    summary: "Thaw the processes of a container",
    action: "container_unpause",
    async handle(call) {
      await call.engine.containers.unpause(containerOf(call));
      return reply(204);
    },
  }),
];
