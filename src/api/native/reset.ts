import { Type } from "@sinclair/typebox";
import { type Route, reply, route } from "../route.ts";
import { apiError } from "./schemas.ts";

/** Removes everything and ends the daemon: what is left is what was there before its first start. */
export const resetRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/fairlead/reset",
    summary: "Remove all containers and networks, put the host's settings back, and end the daemon",
    action: "reset",
    bodyOptional: true,
    replies: { 200: Type.Object({}), 500: apiError },
    async handle({ daemon }) {
      await daemon.reset();
      return reply(200, {});
    },
  }),
];
