import { EngineError } from "../../../base/errors.ts";
import { referenceFrom } from "../../../engine/images/use-cases.ts";
import { type Call, type Route, reply, route } from "../../route.ts";
import { commitBody, givenConfig } from "./commit-body.ts";

/** Docker Engine API: ImageCommit. */
export const commitRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/commit",
    summary: "Make an image of a container",
    action: "image_commit",
    body: commitBody,
    bodyOptional: true,
    async handle(call) {
      const { query, images } = call;
      const config = givenConfig(call.body, call.version);
      const reference = referenceFrom(query.text("repo"), query.text("tag"));
      const words = {
        changes: query.texts("changes"),
        comment: query.text("comment"),
        author: query.text("author"),
        ...(reference ? { reference } : {}),
        ...(config ? { config } : {}),
      };
      await using _still = await stillness(call, query.text("container"));
      const { id } = await images.commit(query.text("container"), words);
      return reply(201, { Id: id });
    },
  }),
];

/** A container that runs is paused meanwhile, unless that is not wanted, so that its files are of one moment. */
async function stillness(
  { engine: { containers }, query }: Call<unknown>,
  reference: string,
): Promise<AsyncDisposable> {
  const { container } = containers.inspect(reference);
  const { status, paused } = container.state;
  const wanted = query.flagOr("pause", true) && status === "running" && !paused;
  const held = wanted && (await containers.pause(container.id).then(() => true, mustBeOver));
  return {
    [Symbol.asyncDispose]: async () => {
      if (held) await containers.unpause(container.id).catch(mustBeOver);
    },
  };
}

const over = ["CONTAINER_CONFLICT", "CONTAINER_NOT_FOUND", "CONTAINER_NOT_RUNNING", "CONTAINER_RESTARTING"];

/**
 * It may end by itself, and others may freeze, thaw, end or remove it meanwhile: the image is made all the same, unless
 * there is nothing left to make it of.
 */
function mustBeOver(error: unknown): false {
  if (!(error instanceof EngineError && over.includes(error.code))) throw error;
  return false;
}
