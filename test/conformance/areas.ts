import type { Area } from "./case.ts";
import { networks } from "./cases/networks.ts";

/** Every area, for what is counted and printed; each has a test file of its own. */
export const areas: readonly Area[] = [networks];
