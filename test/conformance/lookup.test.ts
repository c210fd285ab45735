import { lookup } from "./cases/lookup.ts";
import { conform } from "./conform.ts";

conform(lookup);
