import { Type } from "@sinclair/typebox";

/** Every failure, as Docker shapes it. */
export const apiError = Type.Object({ message: Type.String() });
