import { EngineError } from "../../../base/errors.ts";
import { parseImageReference, withTag } from "../../../model/image-reference.ts";
import { type Route, reply, route } from "../../route.ts";
import { credentialsOf, fromAuthConfig } from "./registry-auth.ts";

/** Docker Engine API: SystemAuth and DistributionInspect. */
export const registryRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/auth",
    summary: "Check credentials for a registry",
    async handle({ body, images, signal }) {
      const { serveraddress = "" } = (body ?? {}) as { serveraddress?: unknown };
      try {
        await images.login(String(serveraddress ?? ""), fromAuthConfig(body), signal);
      } catch (error) {
        if (!(error instanceof EngineError) || error.code !== "REGISTRY_UNAUTHORIZED") throw error;
        return reply(401, { message: error.message });
      }
      return reply(200, { Status: "Login Succeeded", IdentityToken: "" });
    },
  }),
  route({
    method: "GET",
    path: "/distribution/*",
    summary: "Look an image up at its registry",
    async handle(call) {
      const [, name = ""] = /^(.*)\/json$/s.exec(call.params["*"] ?? "") ?? [];
      if (name === "")
        throw new EngineError("NOT_SUPPORTED", {
          what: `distribution/${call.params["*"]}`,
          instead: "ask for NAME/json",
        });
      const access = { credentials: credentialsOf(call), signal: call.signal };
      const { platforms, mediaType, digest, size } = await call.images.lookUp(
        withTag(parseImageReference(name)),
        access,
      );
      return reply(200, { Descriptor: { mediaType, digest, size }, Platforms: platforms });
    },
  }),
];
