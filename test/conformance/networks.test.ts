import { networks } from "./cases/networks.ts";
import { conform } from "./conform.ts";

conform(networks);
