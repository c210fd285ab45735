import { EngineError } from "../base/errors.ts";
import type { Container } from "../model/container.ts";
import type { State } from "./state.ts";

/**
 * Looks a container up by id, name or unique id prefix: an exact id beats a name, a name beats a prefix. Throws
 * CONTAINER_NOT_FOUND or CONTAINER_AMBIGUOUS. Docker shows names with a slash in front and takes them so.
 */
export function findContainer(state: Pick<State, "containers" | "containerNamed">, reference: string): Container {
  const name = reference.replace(/^\//, "");
  const exact = state.containers.get(name) ?? state.containerNamed(name);
  if (exact) return exact;
  const [match, other] = startingWith(state, name);
  if (other) throw new EngineError("CONTAINER_AMBIGUOUS", { container: reference });
  if (!match) throw new EngineError("CONTAINER_NOT_FOUND", { container: reference });
  return match;
}

function* startingWith({ containers }: Pick<State, "containers">, prefix: string): Generator<Container> {
  if (!/^[0-9a-f]{1,63}$/.test(prefix)) return;
  for (const [id, container] of containers) if (id.startsWith(prefix)) yield container;
}
