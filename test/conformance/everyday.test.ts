import { everyday } from "./cases/everyday.ts";
import { conform } from "./conform.ts";

conform(everyday);
