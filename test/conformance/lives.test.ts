import { lives } from "./cases/lives.ts";
import { conform } from "./conform.ts";

conform(lives);
