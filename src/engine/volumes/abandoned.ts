import type { Container } from "../../model/container.ts";
import { holdVolumes, type VolumeParts } from "./parts.ts";
import { type RetiredVolumes, retireVolumes } from "./retire.ts";
import { usersOf } from "./users.ts";

/**
 * Retires the volumes that go with a container: those made for it without a name, which no other container uses. Holds
 * their locks until disposed.
 */
export async function retireAbandoned(parts: VolumeParts, container: Container): Promise<RetiredVolumes> {
  const anonymous = container.config.mounts.flatMap(({ type, source, volume }) =>
    type === "volume" && volume?.anonymous ? [source] : [],
  );
  await using held = new AsyncDisposableStack();
  held.use(await holdVolumes(parts, anonymous));
  const users = usersOf(parts.state);
  const others = (name: string) => (users.get(name) ?? []).some(({ id }) => id !== container.id);
  const abandoned = [...new Set(anonymous)].filter((name) => parts.state.volumes.has(name) && !others(name));
  const retired = held.use(await retireVolumes(parts, abandoned));
  const rest = held.move();
  return { changes: retired.changes, gone: () => retired.gone(), [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

/** Of a container whose volumes stay. */
export const nothingRetired: RetiredVolumes = {
  changes: [],
  gone: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};
