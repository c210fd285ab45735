import { failureSuite } from "./suite.ts";

failureSuite("ipvlan");
