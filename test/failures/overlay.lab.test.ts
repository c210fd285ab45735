import { failureSuite } from "./suite.ts";

failureSuite("overlay");
