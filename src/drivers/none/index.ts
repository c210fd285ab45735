import { invalid } from "../../base/errors.ts";
import type { Driver, DriverModule } from "../../contracts/driver.ts";

const nothing = { objects: [], elements: [] };

/** A sandbox with loopback only (docker: driver null). */
export const none: DriverModule = { type: "null", create };

function create(): Driver {
  return {
    type: none.type,
    addressed: false,
    singleton: true,
    scope: "local",
    publishes: false,
    validateNetwork(network) {
      const [option] = Object.keys(network.options);
      if (option) throw invalid(`option "${option}"`, `the driver ${none.type} takes no options`);
    },
    validateEndpoint() {},
    network: () => nothing,
    endpoint: () => nothing,
    gateways: () => ({}),
  };
}
