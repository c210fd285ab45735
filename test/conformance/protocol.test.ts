import { protocol } from "./cases/protocol.ts";
import { conform } from "./conform.ts";

conform(protocol);
