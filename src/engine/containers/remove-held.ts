import type { Container } from "../../model/container.ts";
import type { ContainerParts } from "./parts.ts";
import { tell } from "./tell.ts";

/**
 * The store first: from there on nothing has an owner, and a crash leaves the rest to the next start. Goes on after an
 * error and reports all of them. Under the container's lock; it must not run.
 */
export async function removeHeld(parts: ContainerParts, container: Container): Promise<void> {
  const { state, networking, runtime, files, execs, waiters } = parts;
  const { id } = container;
  await networking.release(container, (endpointIds) =>
    state.commit([
      { delete: "container", id },
      ...endpointIds.map((endpoint) => ({ delete: "endpoint", id: endpoint }) as const),
    ]),
  );
  execs.forgetContainer(id);
  const failures: unknown[] = [];
  for (const step of [() => runtime.remove(id), () => files.remove(id)]) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  tell(parts, "destroy", container);
  waiters.removed(id, container.state.exitCode);
  if (failures.length > 0) throw new AggregateError(failures, `Cannot remove all files of container ${container.name}`);
}
