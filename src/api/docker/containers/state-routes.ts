import { Refusal } from "../../refusal.ts";
import { type Route, reply, route } from "../../route.ts";
import { containerOf } from "./routes.ts";

const verbs = [
  ["start", "Start a container"],
  ["pause", "Freeze the processes of a container"],
  ["unpause", "Thaw the processes of a container"],
] as const;

/** Old clients set the host's side of a container at its start; Docker's measure of nothing is 7 bytes, "{}" and blanks. */
function refuseSettings(length = "0"): void {
  const why = "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24";
  if (Number(length) > 7) throw new Refusal(400, why);
}

/** Docker Engine API: ContainerStart, ContainerPause and ContainerUnpause. */
export const containerStateRoutes: readonly Route[] = verbs.map(([verb, summary]) =>
  route({
    method: "POST",
    path: `/containers/:id/${verb}`,
    summary,
    action: `container_${verb}`,
    async handle(call) {
      if (verb === "start") refuseSettings(call.request.headers["content-length"]);
      await call.engine.containers[verb](containerOf(call));
      return reply(204);
    },
  }),
);
