import { type Static, type TOptional, type TSchema, type TUnsafe, Type } from "@sinclair/typebox";

/**
 * A field that may be absent or null: Go's decoder, which Docker's clients are written against, takes null for the
 * zero value of every type, and its encoder writes null for empty lists and maps.
 */
export function field<T extends TSchema>(schema: T): TOptional<TUnsafe<Static<T> | null>> {
  return Type.Optional(Type.Unsafe<Static<T> | null>({ ...schema, nullable: true }));
}

/** Fields that the schema has for their names' sake only (fold-keys.ts); they are no part of the body's type. */
export const ofAnyType = (names: readonly string[]): object =>
  Object.fromEntries(names.map((name) => [name, Type.Optional(Type.Unknown())]));

/** Without NUL: the kernel ends every string there. */
export const text = Type.String({ maxLength: 65_536, pattern: "^[^\\u0000]*$" });
export const texts = Type.Array(text);
/** Go: strslice.StrSlice, a list of words, or one word as a string. */
export const words = Type.Optional(Type.Union([text, texts, Type.Null()]));
export const wordList = (given: Static<typeof words> | undefined): string[] =>
  typeof given === "string" ? [given] : (given ?? []);
export const textMap = Type.Record(Type.String(), text);
/** Go: map[string]struct{}. */
export const keys = Type.Record(Type.String(), Type.Unknown());
export const integer = Type.Integer();
export const flag = Type.Boolean();
