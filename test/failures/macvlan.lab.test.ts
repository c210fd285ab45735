import { failureSuite } from "./suite.ts";

failureSuite("macvlan");
