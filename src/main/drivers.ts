import type { DriverModule } from "../contracts/driver.ts";
import { bridge } from "../drivers/bridge/index.ts";
import { host } from "../drivers/host/index.ts";
import { ipvlan } from "../drivers/ipvlan/index.ts";
import { macvlan } from "../drivers/macvlan/index.ts";
import { none } from "../drivers/none/index.ts";
import { overlay } from "../drivers/overlay/index.ts";

/** Every built-in driver: this line and a folder. */
export const builtinDrivers: readonly DriverModule[] = [bridge, host, ipvlan, macvlan, none, overlay];
