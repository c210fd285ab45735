import { names } from "./cases/names.ts";
import { conform } from "./conform.ts";

conform(names);
