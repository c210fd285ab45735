import type { Completes } from "./options.ts";

/** One positional argument as a command declares it; shown in upper case. */
export interface ArgumentSpec<T> {
  readonly about: string;
  readonly required: boolean;
  readonly many: boolean;
  readonly completes?: Completes;
  /** Only there for its type. */
  readonly type?: T;
}

type Shape = Pick<ArgumentSpec<unknown>, "required" | "many">;

const positional =
  <T>(shape: Shape) =>
  (about: string, completes?: Completes): ArgumentSpec<T> => ({ about, ...shape, ...(completes ? { completes } : {}) });

/** NAME */
export const one = positional<string>({ required: true, many: false });
/** [NAME] */
export const optional = positional<string | undefined>({ required: false, many: false });
/** NAME [NAME...] */
export const many = positional<string[]>({ required: true, many: true });
/** [NAME...] */
export const any = positional<string[]>({ required: false, many: true });

export type ArgumentValues<A> = { [K in keyof A]: A[K] extends ArgumentSpec<infer T> ? T : never };
