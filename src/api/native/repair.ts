import { Type } from "@sinclair/typebox";
import { type Route, reply, route } from "../route.ts";
import { apiError } from "./schemas.ts";

const difference = Type.Object({
  problem: Type.Union([Type.Literal("missing"), Type.Literal("different"), Type.Literal("orphan")]),
  object: Type.String(),
  owner: Type.String(),
  detail: Type.String(),
});

const report = Type.Object({
  differences: Type.Array(difference),
  repaired: Type.Boolean({ description: "False for a dry run, and when there was nothing to do." }),
});

/** Compares the kernel with the store, and mends what differs. */
export const repairRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/fairlead/repair",
    summary: "Compare the kernel with the store and mend what differs",
    action: "repair",
    bodyOptional: true,
    query: { "dry-run": "true: only say what differs" },
    replies: { 200: report, 500: apiError },
    handle: async ({ engine, query }) => reply(200, await engine.repair({ dryRun: query.flag("dry-run") })),
  }),
];
