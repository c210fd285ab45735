import { creating } from "./cases/creating.ts";
import { conform } from "./conform.ts";

conform(creating);
