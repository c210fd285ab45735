import { type Static, Type } from "@sinclair/typebox";
import { EngineError } from "../../../base/errors.ts";
import type { RestartPolicy } from "../../../model/container.ts";
import { field, integer, text } from "../../schema.ts";

export const restartPolicyBody = Type.Object({ Name: field(text), MaximumRetryCount: field(integer) });

const names: readonly RestartPolicy["name"][] = ["no", "always", "on-failure", "unless-stopped"];

/** The field of a container's configuration; none for "no", which is what its absence means. */
export function restartPolicyOf(
  body: Static<typeof restartPolicyBody> | null | undefined,
  autoRemove: boolean,
): { restartPolicy?: RestartPolicy } {
  const policy = parseRestartPolicy(body, autoRemove);
  return policy.name === "no" ? {} : { restartPolicy: policy };
}

/** A RestartPolicy as Docker takes and refuses it (moby: ValidateRestartPolicy); "" is "no". */
export function parseRestartPolicy(
  body: Static<typeof restartPolicyBody> | null | undefined,
  autoRemove: boolean,
): RestartPolicy {
  const { Name: asked = "", MaximumRetryCount: count = 0 } = body ?? {};
  const name = names.find((known) => known === (asked || "no"));
  if (name === undefined) throw refused(`unknown policy '${asked}'; use one of ${list}`);
  if (name === "on-failure" && (count ?? 0) < 0) throw refused("maximum retry count cannot be negative");
  if (name !== "on-failure" && count) {
    const negative = count < 0 ? " and cannot be negative" : "";
    throw refused(`maximum retry count can only be used with 'on-failure'${negative}`);
  }
  if (autoRemove && name !== "no") {
    throw new EngineError("REFUSED", { why: "can't create 'AutoRemove' container with restart policy" });
  }
  return { name, maximumRetryCount: count ?? 0 };
}

const list = "'no', 'always', 'on-failure', or 'unless-stopped'";

const refused = (why: string): EngineError<"REFUSED"> =>
  new EngineError("REFUSED", { why: `invalid restart policy: ${why}` });
