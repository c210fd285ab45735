import type { Container } from "../../model/container.ts";
import type { State } from "../state.ts";

/** Names of the volumes that a container's mounts name, each once. */
export function volumesOf({ config }: Pick<Container, "config">): string[] {
  return [...new Set(config.mounts.flatMap(({ type, source }) => (type === "volume" ? [source] : [])))];
}

/** Containers, running or not, by the volume they use: counted from the records, so that no count can be wrong. */
export function usersOf({ containers }: Pick<State, "containers">): Map<string, Container[]> {
  const users = new Map<string, Container[]>();
  for (const container of containers.values()) {
    for (const name of volumesOf(container)) users.set(name, [...(users.get(name) ?? []), container]);
  }
  return users;
}
