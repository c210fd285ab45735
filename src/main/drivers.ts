import type { DriverModule } from "../contracts/driver.ts";
import { bridge } from "../drivers/bridge/index.ts";
import { host } from "../drivers/host/index.ts";
import { none } from "../drivers/none/index.ts";
import { overlay } from "../drivers/overlay/index.ts";

/** Every built-in driver: this line and a folder. */
export const builtinDrivers: readonly DriverModule[] = [bridge, host, none, overlay];
