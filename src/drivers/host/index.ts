import { invalid } from "../../base/errors.ts";
import type { Driver, DriverModule } from "../../contracts/driver.ts";

const nothing = { objects: [], elements: [] };

/** The host's own stack: no sandbox, nothing to build (docker: driver host). */
export const host: DriverModule = { type: "host", create };

function create(): Driver {
  return {
    type: host.type,
    addressed: false,
    singleton: true,
    scope: "local",
    publishes: false,
    validateNetwork(network) {
      const [option] = Object.keys(network.options);
      if (option) throw invalid(`option "${option}"`, `the driver ${host.type} takes no options`);
    },
    validateEndpoint() {},
    network: () => nothing,
    endpoint: () => nothing,
    gateways: () => ({}),
  };
}
