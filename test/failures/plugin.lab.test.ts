import { failureSuite } from "./suite.ts";

failureSuite("FIX-1", "labplugin");
