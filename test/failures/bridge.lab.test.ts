import { failureSuite } from "./suite.ts";

failureSuite("bridge");
