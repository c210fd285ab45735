import { EngineError } from "../../base/errors.ts";
import type { Container } from "../../model/container.ts";
import { findContainer } from "../reference.ts";
import { hold } from "./held.ts";
import { holdName } from "./held-name.ts";
import { linkersOf } from "./links/linkers.ts";
import type { ContainerParts } from "./parts.ts";
import { tell } from "./tell.ts";
import { updateHosts } from "./update-hosts.ts";

/** Gives a container another name, in DNS too. */
export async function renameContainer(parts: ContainerParts, reference: string, newName: string): Promise<void> {
  const name = newName.replace(/^\//, "");
  const { id, name: before } = findContainer(parts.state, reference);
  if (before === name) {
    throw new EngineError("REFUSED", { why: "Renaming a container with the same name as its current name" });
  }
  await using _name = await holdName(parts, name);
  await using held = await hold(parts, id);
  const { container } = held;
  const renamed: Container = { ...container, name };
  await parts.networking.rename(renamed, (endpoints) =>
    parts.state.commit([
      { put: "container", id: renamed.id, value: renamed },
      ...endpoints.map((value) => ({ put: "endpoint", id: value.id, value }) as const),
    ]),
  );
  updateHosts(parts, linkersOf(parts, id));
  tell(parts, "rename", renamed, { oldName: `/${container.name}` });
}
