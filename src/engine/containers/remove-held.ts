import type { Container } from "../../model/container.ts";
import { nothingRetired, retireAbandoned } from "../volumes/abandoned.ts";
import { linkersOf } from "./links/linkers.ts";
import type { ContainerParts } from "./parts.ts";
import { tell } from "./tell.ts";
import { updateHosts } from "./update-hosts.ts";

/**
 * The store first: from there on nothing has an owner, and a crash leaves the rest to the next start. Goes on after an
 * error and reports all of them. `volumes`: its anonymous ones go too, which --rm implies. Under the container's lock; it
 * must not run. `force`: others that run in its sandbox lose its networks, as in Docker, before the store forgets it.
 */
export async function removeHeld(
  parts: ContainerParts,
  container: Container,
  { volumes = container.config.autoRemove, force = false }: { volumes?: boolean; force?: boolean } = {},
): Promise<void> {
  const { state, networking, runtime, files, execs, waiters } = parts;
  const { id } = container;
  await using retired = volumes ? await retireAbandoned(parts.volumes, container) : nothingRetired;
  const commit = (endpointIds: readonly string[]) =>
    state.commit([
      { delete: "container", id },
      ...retired.changes,
      ...endpointIds.map((endpoint) => ({ delete: "endpoint", id: endpoint }) as const),
    ]);
  const linkers = linkersOf(parts, id); // found while it is there
  const failures: unknown[] = [];
  try {
    await networking.release(container, commit, { force });
  } catch (error) {
    if (state.containers.has(id)) throw error;
    failures.push(error);
  }
  execs.forgetContainer(id);
  updateHosts(parts, linkers);
  for (const step of [() => runtime.remove(id), () => files.remove(id), () => retired.gone()]) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  tell(parts, "destroy", container);
  waiters.removed(id, container.state.exitCode);
  if (failures.length > 0) throw new AggregateError(failures, `Cannot remove all of container ${container.name}`);
}
