import { reach } from "./cases/reach.ts";
import { conform } from "./conform.ts";

conform(reach);
