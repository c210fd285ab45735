import { after, test } from "node:test";
import { leaseTests } from "../testing/lease-tests.ts";
import { ConsulServer, lacksConsul } from "./testing/server.ts";
import { subjectOf } from "./testing/subject.ts";

if (lacksConsul) {
  test("Consul: leases", { skip: lacksConsul });
} else {
  const server = await ConsulServer.start();
  after(() => server[Symbol.asyncDispose]());
  leaseTests(subjectOf(server));
}
