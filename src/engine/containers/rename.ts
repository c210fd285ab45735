import { invalid } from "../../base/errors.ts";
import type { Container } from "../../model/container.ts";
import { nameLock, refuseTakenName } from "./create.ts";
import { hold } from "./held.ts";
import type { ContainerParts } from "./parts.ts";
import { tell } from "./tell.ts";
import { validateName } from "./validate.ts";

/** Gives a container another name, in DNS too. */
export async function renameContainer(parts: ContainerParts, reference: string, newName: string): Promise<void> {
  const name = newName.replace(/^\//, "");
  validateName(name);
  await using _name = await parts.locks.hold(nameLock(name));
  await using held = await hold(parts, reference);
  const { container } = held;
  if (container.name === name)
    throw invalid("container name", "renaming a container with the same name as its current name");
  refuseTakenName(parts, name);
  const renamed: Container = { ...container, name };
  await parts.networking.rename(renamed, (endpoints) =>
    parts.state.commit([
      { put: "container", id: renamed.id, value: renamed },
      ...endpoints.map((value) => ({ put: "endpoint", id: value.id, value }) as const),
    ]),
  );
  tell(parts, "rename", renamed, { oldName: `/${container.name}` });
}
