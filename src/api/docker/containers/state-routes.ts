import { type Route, reply, route } from "../../route.ts";
import { containerOf } from "./routes.ts";

const verbs = [
  ["start", "Start a container"],
  ["pause", "Freeze the processes of a container"],
  ["unpause", "Thaw the processes of a container"],
] as const;

/** Docker Engine API: ContainerStart, ContainerPause and ContainerUnpause. */
export const containerStateRoutes: readonly Route[] = verbs.map(([verb, summary]) =>
  route({
    method: "POST",
    path: `/containers/:id/${verb}`,
    summary,
    action: `container_${verb}`,
    async handle(call) {
      await call.engine.containers[verb](containerOf(call));
      return reply(204);
    },
  }),
);
