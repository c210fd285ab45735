import type { Driver } from "../../contracts/driver.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";

/** An endpoint with what it belongs to: the unit that plans are made from. */
export interface Attachment {
  readonly endpoint: Endpoint;
  readonly network: Network;
  readonly driver: Driver;
}
