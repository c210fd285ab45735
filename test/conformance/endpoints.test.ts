import { endpoints } from "./cases/endpoints.ts";
import { conform } from "./conform.ts";

conform(endpoints);
