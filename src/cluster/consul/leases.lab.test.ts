import { after, test } from "node:test";
import { ConsulServer, lacksConsul } from "../../../lab/consul.ts";
import { leaseTests } from "../testing/lease-tests.ts";
import { subjectOf } from "./testing/subject.ts";

if (lacksConsul) {
  test("Consul: leases", { skip: lacksConsul });
} else {
  const server = await ConsulServer.start();
  after(() => server[Symbol.asyncDispose]());
  leaseTests(subjectOf(server));
}
