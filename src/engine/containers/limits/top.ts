import type { ProcessList } from "../../../contracts/limits.ts";
import { findContainer } from "../../reference.ts";
import { mustRun } from "../held.ts";
import type { ContainerParts } from "../parts.ts";
import { tell } from "../tell.ts";

/** Processes of a running container, as the host's ps(1) shows them. */
export async function topOf(
  parts: ContainerParts,
  reference: string,
  psArguments: readonly string[],
): Promise<ProcessList> {
  const container = findContainer(parts.state, reference);
  mustRun(container);
  const list = await parts.runtime.processList(container.id, psArguments);
  tell(parts, "top", container);
  return list;
}
