import type { Address } from "./address.ts";
import { Cluster } from "./cluster.ts";
import { Containers } from "./containers.ts";
import { Exec } from "./exec.ts";
import { Images } from "./images.ts";
import { Networks } from "./networks.ts";
import { System } from "./system.ts";
import { Transport } from "./transport.ts";

/** Typed client of the daemon's API: `new Client(parseAddress("unix:///run/fairlead/fairlead.sock")).networks.list()`. */
export class Client {
  readonly networks: Networks;
  readonly containers: Containers;
  readonly exec: Exec;
  readonly images: Images;
  readonly system: System;
  readonly cluster: Cluster;

  constructor(address: Address) {
    const transport = new Transport(address);
    this.networks = new Networks(transport);
    this.containers = new Containers(transport);
    this.exec = new Exec(transport);
    this.images = new Images(transport);
    this.system = new System(transport);
    this.cluster = new Cluster(transport);
  }
}
