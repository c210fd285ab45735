import type { Area } from "./case.ts";
import { creating } from "./cases/creating.ts";
import { endpoints } from "./cases/endpoints.ts";
import { everyday } from "./cases/everyday.ts";
import { lives } from "./cases/lives.ts";
import { lookup } from "./cases/lookup.ts";
import { names } from "./cases/names.ts";
import { networks } from "./cases/networks.ts";
import { protocol } from "./cases/protocol.ts";
import { reach } from "./cases/reach.ts";

/** Every area, for what is counted and printed; each has a test file of its own. */
export const areas: readonly Area[] = [networks, lookup, endpoints, creating, names, reach, protocol, lives, everyday];
