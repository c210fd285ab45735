import { EngineError } from "../base/errors.ts";

/**
 * Carries out what a user asked for. That the store is away names this then, and not the key that could not be read:
 * "Cannot create network web".
 */
export async function named<T>(what: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (cause) {
    if (!(cause instanceof EngineError) || cause.code !== "STORE_AWAY") throw cause;
    const { store, why } = cause.data as { store: string; why: string };
    throw new EngineError("STORE_AWAY", { what, store, why }, { cause });
  }
}
