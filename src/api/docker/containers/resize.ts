import { type Route, reply, route } from "../../route.ts";
import { terminalSize } from "../../terminal-size.ts";
import { containerOf } from "./routes.ts";

/** Docker Engine API: ContainerResize. */
export const resizeRoute: Route = route({
  method: "POST",
  path: "/containers/:id/resize",
  summary: "Resize a container's terminal",
  handle(call) {
    const { rows, columns } = terminalSize(call.query);
    call.engine.containers.resize(containerOf(call), rows, columns);
    return reply(200);
  },
});
