import { EngineError } from "../../base/errors.ts";
import { madeUpName } from "./made-up-name.ts";
import type { ContainerParts } from "./parts.ts";
import { validateName } from "./validate.ts";

/** A free name, held from its check to the commit that takes it. */
export interface HeldName extends AsyncDisposable {
  readonly name: string;
}

type Parts = Pick<ContainerParts, "state" | "locks">;

/** Throws INVALID or CONTAINER_EXISTS. */
export async function holdName(parts: Parts, name: string): Promise<HeldName> {
  validateName(name);
  const held = await holdIfFree(parts, name);
  if (held) return held;
  throw new EngineError("CONTAINER_EXISTS", { name, id: parts.state.containerNamed(name)?.id ?? "" });
}

/** Another create may make up the same name at the same time: the second then takes another one. */
export async function holdMadeUpName(parts: Parts): Promise<HeldName> {
  for (;;) {
    const held = await holdIfFree(
      parts,
      madeUpName((name) => parts.state.containerNamed(name) !== undefined),
    );
    if (held) return held;
  }
}

/** Undefined when it is taken, now or by whoever held it before. Ids are hex, so the keys of the locks never meet. */
async function holdIfFree({ state, locks }: Parts, name: string): Promise<HeldName | undefined> {
  const lock = await locks.hold(`container name ${name}`);
  if (!state.containerNamed(name)) return { name, [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose]() };
  await lock[Symbol.asyncDispose]();
  return undefined;
}
